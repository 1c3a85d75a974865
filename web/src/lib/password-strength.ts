/** What would make a password harder to guess. */
export type Advice = "longer" | "repeats" | "runs" | "own" | "common";

export interface Strength {
  /** 0 (guessed at once) to 4. */
  score: 0 | 1 | 2 | 3 | 4;
  /** The most useful first. */
  advice: Advice[];
}

/** Rows of keys on the keyboards of our readers, letters and digits in order. Read in both directions. */
const ROWS = [
  ...["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"],
  ...["azertyuiop", "qsdfghjklm", "wxcvbn", "qwertzuiop", "yxcvbnm", "1qaz2wsx3edc4rfv"],
].flatMap((row) => [row, [...row].reverse().join("")]);
const COMMON =
  /pass\w?word|passwort|motdepasse|letmein|welcome|bienvenue|bonjour|iloveyou|jetaime|admin|root|login|secret|dragon|monkey|football|soleil|doudou|changeme|summer|winter/g;
const SHORTEST_RUN = 4;
const SHORTEST_OWN = 3;
/** Characters that still count after what is easily guessed was taken out; one more for each score. */
const STEPS = [7, 11, 15, 20];

/**
 * A rough estimate that only advises: the server alone decides. What repeats, runs along the keyboard, is commonly
 * used or belongs to the person (`own`: name, e-mail) counts as one character each.
 */
export function strengthOf(password: string, own: readonly string[] = []): Strength {
  const found = new Set<Advice>();
  let rest = password.toLowerCase();
  const take = (advice: Advice, shorter: string) => {
    if (shorter.length < rest.length) found.add(advice);
    rest = shorter;
  };
  for (const word of wordsOf(own)) take("own", rest.replaceAll(word, "·"));
  take("common", rest.replace(COMMON, "·"));
  take("runs", withoutRuns(rest));
  take("repeats", rest.replace(/(.{1,12}?)\1{2,}|(.{4,}?)\2+/gu, "$1$2"));
  const left = [...rest].length;
  const score = STEPS.filter((step) => left >= step).length as Strength["score"];
  const order: Advice[] = ["own", "common", "runs", "repeats"];
  const advice = order.filter((each) => found.has(each));
  return { score, advice: score < 4 ? [...advice, "longer"] : [] };
}

function wordsOf(own: readonly string[]): string[] {
  const words = own.flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)]);
  return [...words, "jarvis"]
    .map((word) => word.toLowerCase())
    .filter((word) => word.length >= SHORTEST_OWN)
    .sort((one, other) => other.length - one.length);
}

function withoutRuns(text: string): string {
  let kept = "";
  for (let at = 0; at < text.length; ) {
    let length = SHORTEST_RUN - 1;
    const isRun = (size: number) =>
      at + size <= text.length && ROWS.some((row) => row.includes(text.slice(at, at + size)));
    while (isRun(length + 1)) length += 1;
    const step = length >= SHORTEST_RUN ? length : 1;
    kept += text[at];
    at += step;
  }
  return kept;
}
