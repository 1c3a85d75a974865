/** French puts a space before high punctuation; no line may begin with that mark. */
export function withFrenchSpaces<T>(texts: T): T {
  const tied = JSON.stringify(texts)
    .replace(/ ([?!:;»])/g, "\u00a0$1")
    .replace(/« /g, "«\u00a0");
  return JSON.parse(tied) as T;
}
