import fc from 'fast-check';
import { expect, test } from 'vitest';
import { guardrailPolicy } from '../../../../../infra/guardrail/policy.ts';
import { assess } from '../../../../../local/aws/guardrail/judge/assess.ts';
import { applyGuardrail, createGuardrail, readInput } from '../../../../../local/aws/guardrail/model.ts';

const config = readInput(createGuardrail, guardrailPolicy('us-east-2'));

const PERSONAL = [
  'anna.meyer@example.com',
  '+49 151 23456789',
  '(212) 555-0187',
  '123-45-6789',
  '4111 1111 1111 1111',
  'DE89 3704 0044 0532 0130 00',
  '10.0.12.7',
  '2001:db8::8a2e:370:7334',
];
const HARMLESS = [
  'the bucket',
  'i-0abc123def4567890',
  'arn:aws:iam::123456789012:role/reader',
  'forty GB',
  '(',
  ')',
  '"',
];
const BORDERS = [' ', ', ', '\n', ' – ', '; '];

const pieces = fc.array(fc.tuple(fc.constantFrom(...PERSONAL, ...HARMLESS), fc.constantFrom(...BORDERS)), {
  minLength: 1,
  maxLength: 12,
});

test('no masked value stands in an output, and everything else stands there as it was', () => {
  fc.assert(
    fc.property(fc.array(pieces, { minLength: 1, maxLength: 3 }), (blocks) => {
      const texts = blocks.map((block) => block.flat().join(''));
      const input = readInput(applyGuardrail, {
        guardrailIdentifier: 'x',
        guardrailVersion: 'DRAFT',
        source: 'OUTPUT',
        content: texts.map((text) => ({ text: { text } })),
      });
      const { masked, blocked } = assess(config, input);
      const outputs = masked ?? texts;
      expect(blocked).toBe(false);
      expect(outputs).toHaveLength(texts.length);
      for (const value of PERSONAL) expect(outputs.join('|')).not.toContain(value);
      for (const [i, block] of blocks.entries()) {
        const kept = block.map(([piece]) => piece).filter((piece) => HARMLESS.includes(piece));
        // In order, each of them once.
        let from = 0;
        for (const piece of kept) {
          const at = outputs[i]?.indexOf(piece, from) ?? -1;
          expect(at).toBeGreaterThanOrEqual(from);
          from = at + piece.length;
        }
      }
    }),
    { numRuns: 500 },
  );
});
