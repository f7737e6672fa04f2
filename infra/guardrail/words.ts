/**
 * Profanity besides the list that the service manages, which is English. A word stands by itself in a text; put in names
 * of projects that must not be mentioned too. At most 10,000 of at most 100 characters.
 */
export const OWN_WORDS: readonly string[] = [
  ...[
    'Arschloch',
    'Scheiße',
    'Scheiss',
    'Wichser',
    'Fotze',
    'Hurensohn',
    'Schlampe',
    'verfickt',
    'Miststück',
  ],
  ...['putain', 'merde', 'connard', 'connasse', 'salope', 'enculé', 'fils de pute', 'bordel de merde'],
  ...['mierda', 'puta', 'hijo de puta', 'cabrón', 'gilipollas', 'joder', 'coño', 'pendejo'],
];
