import type { PrivacyCommands } from '../../src/commands/privacy.ts';

const nothing = { text: 'not here', found: false, atWork: false } as const;

/** For whatever is not about exporting and forgetting. */
export const noPrivacy: PrivacyCommands = {
  export: async () => nothing,
  askForget: async () => nothing,
  forget: async () => nothing,
  forgetAsked: async () => nothing,
};
