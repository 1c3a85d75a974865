import { lazy, Suspense, useEffect, useState } from "react";
import { answerProofWith } from "../api/proof";
import type { User } from "../api/wire";

const ProveDialog = lazy(() =>
  import("../features/account/prove-dialog").then((it) => ({ default: it.ProveDialog })),
);

/** Asks for a proof when a call needs one, above whatever is open; the call then goes on by itself. */
export function ProofDesk({ user }: { user: User }) {
  const [waiting, setWaiting] = useState<((proved: boolean) => void) | null>(null);
  useEffect(() => answerProofWith(() => new Promise((done) => setWaiting(() => done))), []);
  if (!waiting) return null;
  const settle = (proved: boolean) => {
    setWaiting(null);
    waiting(proved);
  };
  return (
    <Suspense>
      <ProveDialog user={user} onSettled={settle} />
    </Suspense>
  );
}
