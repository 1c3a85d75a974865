export type Renewal = "renewed" | "signed-out" | "unreachable";

/** When the session was last renewed, in milliseconds, by whichever tab. Not a secret. */
const RENEWED_AT = "jarvis.renewed";
/** Whoever holds the turn and hears nothing must not keep the others waiting. */
const LONGEST_MS = 15_000;

let inFlight: Promise<Renewal> | null = null;

/**
 * Renews the session's cookies, once for all tabs: calls made while one is on its way share it, tabs take turns, and a
 * tab whose turn comes after another has renewed finds nothing to do. `noticedAt`: when the call that was refused left.
 */
export function refreshSession(
  noticedAt: number = Date.now(),
  fetcher: typeof fetch = fetch,
): Promise<Renewal> {
  inFlight ??= exclusive(() => renewUnlessDone(noticedAt, fetcher)).finally(() => {
    inFlight = null;
  });
  return inFlight;
}

async function exclusive(task: () => Promise<Renewal>): Promise<Renewal> {
  // Absent outside secure contexts, such as plain http on a home network.
  return navigator.locks ? navigator.locks.request("jarvis.refresh", task) : task();
}

async function renewUnlessDone(noticedAt: number, fetcher: typeof fetch): Promise<Renewal> {
  if (renewedAt() > noticedAt) return "renewed";
  const renewal = await renew(fetcher);
  if (renewal === "renewed") rememberRenewal();
  return renewal;
}

async function renew(fetcher: typeof fetch): Promise<Renewal> {
  try {
    const signal = AbortSignal.timeout(LONGEST_MS);
    const answer = await fetcher("/auth/refresh", { method: "POST", credentials: "same-origin", signal });
    if (answer.ok) return "renewed";
    return answer.status === 401 || answer.status === 403 ? "signed-out" : "unreachable";
  } catch {
    return "unreachable";
  }
}

function renewedAt(): number {
  try {
    return Number(localStorage.getItem(RENEWED_AT) ?? 0);
  } catch {
    return 0;
  }
}

function rememberRenewal(): void {
  try {
    localStorage.setItem(RENEWED_AT, String(Date.now()));
  } catch {
    // Storage may be forbidden: each tab then renews in its turn.
  }
}
