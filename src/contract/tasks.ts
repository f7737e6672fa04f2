/** What people can have the agent do at a press. Platforms show them as buttons; the prompt is what is asked. */
export interface PredefinedTask {
  /** Stays the same for ever: buttons in old messages carry it. */
  readonly id: string;
  /** At most 40 characters, so that it fits a button. */
  readonly title: { readonly en: string; readonly de: string };
  /** One sentence on what comes of it. */
  readonly about: { readonly en: string; readonly de: string };
  readonly prompt: { readonly en: string; readonly de: string };
}

export type TaskLanguage = keyof PredefinedTask['title'];

/** The tasks of the cloud engineer. All of them look and none changes anything. */
export const PREDEFINED_TASKS: readonly PredefinedTask[] = [
  {
    id: 'count-instances',
    title: { en: 'Count instances', de: 'Instanzen zählen' },
    about: {
      en: 'How many EC2 instances run, and of which types.',
      de: 'Wie viele EC2-Instanzen laufen, und von welchem Typ.',
    },
    prompt: {
      en: 'How many EC2 instances are running? List them with name, type and state.',
      de: 'Wie viele EC2-Instanzen laufen? Liste sie mit Name, Typ und Zustand auf.',
    },
  },
  {
    id: 'stopped-instances',
    title: { en: 'Find stopped instances', de: 'Gestoppte Instanzen' },
    about: {
      en: 'Instances that are stopped and may be forgotten.',
      de: 'Instanzen, die gestoppt sind und vielleicht vergessen wurden.',
    },
    prompt: {
      en: 'Which EC2 instances are stopped? Say for each since when, as far as that can be seen, and whether it looks forgotten.',
      de: 'Welche EC2-Instanzen sind gestoppt? Sage zu jeder, seit wann, soweit zu sehen, und ob sie vergessen wirkt.',
    },
  },
  {
    id: 'review-storage',
    title: { en: 'Review storage', de: 'Speicher durchsehen' },
    about: {
      en: 'Which S3 buckets there are, and what stands out.',
      de: 'Welche S3-Buckets es gibt, und was auffällt.',
    },
    prompt: {
      en: 'Which S3 buckets do we have? List them by age and name what stands out.',
      de: 'Welche S3-Buckets haben wir? Liste sie nach Alter auf und nenne, was auffällt.',
    },
  },
  {
    id: 'list-functions',
    title: { en: 'List functions', de: 'Funktionen auflisten' },
    about: {
      en: 'Lambda functions and how old their runtimes are.',
      de: 'Lambda-Funktionen, und wie alt ihre Laufzeiten sind.',
    },
    prompt: {
      en: 'Which Lambda functions are there? Group them by runtime and point out runtimes that are out of date.',
      de: 'Welche Lambda-Funktionen gibt es? Gruppiere sie nach Laufzeit und hebe veraltete Laufzeiten hervor.',
    },
  },
  {
    id: 'overview',
    title: { en: 'Overview of the account', de: 'Überblick über das Konto' },
    about: {
      en: 'What runs in the account, in one short table.',
      de: 'Was im Konto läuft, in einer kurzen Tabelle.',
    },
    prompt: {
      en: 'Give me a short overview of this account: instances, buckets and functions, with counts in one table.',
      de: 'Gib mir einen kurzen Überblick über dieses Konto: Instanzen, Buckets und Funktionen, mit Anzahlen in einer Tabelle.',
    },
  },
];

export const findTask = (id: string): PredefinedTask | undefined =>
  PREDEFINED_TASKS.find((task) => task.id === id);
