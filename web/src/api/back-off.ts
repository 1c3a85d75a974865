const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** Full jitter may draw zero; a server that refuses at once must not be asked in a tight loop. */
const SHORTEST_MS = 100;

/** Wait before try number `attempt` (from 0): full jitter under a doubling ceiling. `random` is in [0, 1). */
export function backOff(attempt: number, random: number): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.max(SHORTEST_MS, Math.floor(random * ceiling));
}
