/**
 * How many letters have to be put in, left out, exchanged or swapped with their neighbour to make one text of another
 * (optimal string alignment). More than `most` counts as `most + 1`. Pure.
 */
export function editDistance(from: string, to: string, most: number): number {
  // A letter has one unit or two.
  if (from.length > 2 * (to.length + most) || to.length > 2 * (from.length + most)) return most + 1;
  const [a, b] = [[...from], [...to]];
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of a.entries()) {
    const row = [i + 1];
    for (const [j, other] of b.entries()) {
      const same = letter === other ? 0 : 1;
      const swapped =
        i > 0 && j > 0 && letter === b[j - 1] && a[i - 1] === other ? at(before, j - 1) + 1 : Infinity;
      row.push(Math.min(at(last, j + 1) + 1, at(row, j) + 1, at(last, j) + same, swapped));
    }
    if (Math.min(...row) > most && Math.min(...last) > most) return most + 1;
    before = last;
    last = row;
  }
  return Math.min(at(last, b.length), most + 1);
}

const at = (row: readonly number[], i: number): number => row[i] ?? Infinity;
