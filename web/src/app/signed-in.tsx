import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouter } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { mustEnrol, twoFactorQuery } from "../features/account/two-factor";
import { lastEnding, sessionQuery, signOut } from "../features/auth/session";
import { Connected } from "./connected";
import { LoadingPage } from "./loading-page";
import { ProofDesk } from "./proof-desk";
import { ProviderFault } from "./provider-fault";

const EnrolmentWall = lazy(() =>
  import("../features/account/enrolment-wall").then((it) => ({ default: it.EnrolmentWall })),
);

/** Someone is signed in: what they may not pass without a second factor, or the whole page. */
export function SignedIn() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const router = useRouter();
  const { data: user } = useQuery(sessionQuery);
  const { data: factors } = useQuery({ ...twoFactorQuery, enabled: false });
  const [walled, setWalled] = useState(false);
  // Codes that are shown once must not vanish because the factor is there now: only the wall itself ends it.
  if (mustEnrol(factors) && !walled) setWalled(true);

  useEffect(() => {
    if (user !== null) return;
    const own = lastEnding(client) === "own";
    const { drafts } = router.options.context;
    if (own) drafts.forget();
    const next = router.state.location.pathname;
    void navigate({ to: "/sign-in", search: own ? {} : { next }, replace: true });
  }, [user, client, navigate, router]);

  if (!user) return null;
  const pass = async () => {
    const fresh = { ...twoFactorQuery, staleTime: 0 };
    await Promise.allSettled([client.refetchQueries(sessionQuery), client.fetchQuery(fresh)]);
    setWalled(false);
  };
  return (
    <>
      {walled ? (
        <Suspense fallback={<LoadingPage />}>
          <EnrolmentWall user={user} onDone={() => void pass()} onSignOut={() => void signOut(client)} />
        </Suspense>
      ) : (
        <Connected key={user.id} user={user} />
      )}
      <ProofDesk user={user} />
      <ProviderFault />
    </>
  );
}
