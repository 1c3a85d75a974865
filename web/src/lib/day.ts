const DAY_MS = 86_400_000;

export type Age = "today" | "yesterday" | "week" | "older";

/** In which part of the list something of that moment belongs, by the reader's own midnight. */
export function ageOf(moment: string, now: Date): Age {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const at = Date.parse(moment);
  if (at >= midnight) return "today";
  if (at >= midnight - DAY_MS) return "yesterday";
  return at >= midnight - 6 * DAY_MS ? "week" : "older";
}
