/** Asks the person to prove who they are; true when they did. */
type Asker = () => Promise<boolean>;

let asker: Asker | null = null;
let inFlight: Promise<boolean> | null = null;

/** Who is asked when the server wants a recent proof. Returns the clean-up. */
export function answerProofWith(ask: Asker): () => void {
  asker = ask;
  return () => {
    if (asker === ask) asker = null;
  };
}

/** Calls that are refused together are asked about once. */
export function proveAgain(): Promise<boolean> {
  inFlight ??= (asker?.() ?? Promise.resolve(false)).finally(() => {
    inFlight = null;
  });
  return inFlight;
}
