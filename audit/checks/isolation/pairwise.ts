/**
 * Queries in which every two values of different parameters occur together at least once.
 * @param values such as completed=true
 */
export function pairwise(values: readonly string[]): string[] {
  const parameters = [...Map.groupBy(values, (value) => value.split('=')[0]).values()];
  const open = new Set(
    parameters.flatMap((ofOne, index) =>
      parameters.slice(index + 1).flatMap((ofOther) => ofOne.flatMap((one) => ofOther.map((other) => key(one, other)))),
    ),
  );
  const found: string[] = [];
  for (let [pair] = open; pair !== undefined; [pair] = open) {
    const chosen = pair.split('&');
    for (const choices of parameters) {
      if (choices.some((each) => chosen.includes(each))) continue;
      const gain = (value: string): number => chosen.filter((each) => open.has(key(each, value)) || open.has(key(value, each))).length;
      const [best] = choices.toSorted((a, b) => gain(b) - gain(a));
      if (best !== undefined) chosen.push(best);
    }
    for (const one of chosen) for (const other of chosen) open.delete(key(one, other));
    found.push(chosen.join('&'));
  }
  return found;
}

function key(one: string, other: string): string {
  return `${one}&${other}`;
}
