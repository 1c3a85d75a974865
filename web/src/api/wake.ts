import type { Live } from "./live";

/** Tells the connection when the browser has reason to believe that things changed. Returns the clean-up. */
export function wakeWithBrowser(live: Live): () => void {
  const wake = () => live.wake();
  const seen = () => document.visibilityState === "visible" && live.wake();
  window.addEventListener("online", wake);
  window.addEventListener("offline", wake);
  window.addEventListener("focus", wake);
  document.addEventListener("visibilitychange", seen);
  return () => {
    window.removeEventListener("online", wake);
    window.removeEventListener("offline", wake);
    window.removeEventListener("focus", wake);
    document.removeEventListener("visibilitychange", seen);
  };
}
