/** What a person reads who asks why an answer was withheld, while no guardrail says more. */
export function explainBlocked(): string {
  return (
    'Answers are checked against the content policy of your organisation before they are shown. This one matched a ' +
    'rule, so it was withheld; the rule itself is not shown here. Rephrase the question, or ask your administrator if ' +
    'you think that this was a mistake.'
  );
}
