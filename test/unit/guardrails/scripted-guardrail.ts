/** What a guardrail finds in a text, by exact words. */
export interface Rules {
  readonly masked?: readonly string[];
  readonly blocked?: readonly string[];
}

/** Answers of ApplyGuardrail by a few exact words, in the shapes of the service model. */
export function answerOf(texts: readonly string[], { masked = [], blocked = [] }: Rules) {
  const hit = blocked.find((word) => texts.some((text) => text.includes(word)));
  const found = masked.filter((word) => texts.some((text) => text.includes(word)));
  const pick = (text: string) => {
    let output = '';
    for (let at = 0; at < text.length; ) {
      const here = found.find((word) => text.startsWith(word, at));
      output += here === undefined ? text.charAt(at) : '{NAME}';
      at += here?.length ?? 1;
    }
    return output;
  };
  const intervened = hit !== undefined || found.length > 0;
  return {
    action: intervened ? 'GUARDRAIL_INTERVENED' : 'NONE',
    outputs:
      hit === undefined
        ? intervened
          ? texts.map((text) => ({ text: pick(text) }))
          : []
        : [{ text: 'Sorry.' }],
    assessments: [
      {
        ...(hit === undefined
          ? {}
          : { topicPolicy: { topics: [{ name: 'Planted', type: 'DENY', action: 'BLOCKED' }] } }),
        ...(found.length === 0
          ? {}
          : {
              sensitiveInformationPolicy: {
                piiEntities: found.map((match) => ({ match, type: 'NAME', action: 'ANONYMIZED' })),
                regexes: [],
              },
            }),
      },
    ],
    usage: {},
  };
}
