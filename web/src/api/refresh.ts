export type Renewal = "renewed" | "signed-out" | "unreachable";

let inFlight: Promise<Renewal> | null = null;

/** Renews the session's cookies. Calls made while one is on its way share it; tabs take turns. */
export function refreshSession(fetcher: typeof fetch = fetch): Promise<Renewal> {
  inFlight ??= exclusive(() => renew(fetcher)).finally(() => {
    inFlight = null;
  });
  return inFlight;
}

async function exclusive(task: () => Promise<Renewal>): Promise<Renewal> {
  // Absent outside secure contexts, such as plain http on a home network.
  return navigator.locks ? navigator.locks.request("jarvis.refresh", task) : task();
}

async function renew(fetcher: typeof fetch): Promise<Renewal> {
  try {
    const answer = await fetcher("/auth/refresh", { method: "POST", credentials: "same-origin" });
    if (answer.ok) return "renewed";
    return answer.status === 401 || answer.status === 403 ? "signed-out" : "unreachable";
  } catch {
    return "unreachable";
  }
}
