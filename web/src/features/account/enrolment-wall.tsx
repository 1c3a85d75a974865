import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { mine } from "../../api/account";
import { passkeysWork } from "../../api/passkeys";
import type { User } from "../../api/wire";
import { useAccountText } from "../../i18n/account";
import { AuthCard } from "../../ui/auth-card";
import { Button } from "../../ui/button";
import { Refusal } from "../../ui/refusal";
import { ChooseFactor } from "./choose-factor";
import styles from "./enrolment-wall.module.css";
import { PasskeyForm } from "./passkey-form";
import { providersQuery } from "./queries";
import { RecoveryCodes } from "./recovery-codes";
import { TotpForm } from "./totp-form";
import { WallSteps } from "./wall-steps";

interface EnrolmentWallProps {
  user: User;
  onDone: () => void;
  onSignOut: () => void;
}

/** Where a second factor is required and there is none: the first minute, not an obstacle. */
export function EnrolmentWall({ user, onDone, onSignOut }: EnrolmentWallProps) {
  const t = useAccountText();
  const [way, setWay] = useState<"passkey" | "app" | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const providers = useQuery(providersQuery);
  const totp = useMutation({ mutationFn: mine.beginTotp, onSuccess: () => setWay("app") });
  const withPasskey = passkeysWork() && (providers.data?.passkeys ?? false);
  const show = (made: string[] | null | undefined) => (made?.length ? setCodes(made) : onDone());

  if (codes) {
    return (
      <AuthCard key="codes" title={t("wall.codesTitle")} lead={t("codes.shownText")}>
        <WallSteps at={3} />
        <RecoveryCodes codes={codes} username={user.username} doneLabel={t("codes.done")} onKept={onDone} />
      </AuthCard>
    );
  }
  const leave = (
    <Button look="quiet" icon="leave" onClick={onSignOut}>
      {t("wall.signOut")}
    </Button>
  );
  if (way === null) {
    return (
      <AuthCard
        key="choose"
        title={t("wall.title")}
        lead={t(user.role === "user" ? "wall.leadUser" : "wall.leadAdmin")}
        foot={leave}
      >
        <WallSteps at={1} />
        <Refusal cause={totp.error} />
        <ChooseFactor
          withPasskey={withPasskey}
          busy={totp.isPending}
          onPasskey={() => setWay("passkey")}
          onApp={() => totp.mutate()}
        />
      </AuthCard>
    );
  }
  const back = (
    <div className={styles.foot}>
      <Button look="quiet" icon="back" onClick={() => setWay(null)}>
        {t("wall.back")}
      </Button>
      {leave}
    </div>
  );
  const isApp = way === "app";
  return (
    <AuthCard
      key={way}
      title={isApp ? t("wall.appTitle") : t("passkeys.addTitle")}
      lead={isApp ? t("totp.text") : t("passkeys.addText")}
      foot={back}
    >
      <WallSteps at={2} />
      {isApp && totp.data && <TotpForm secret={totp.data} onOn={show} />}
      {!isApp && <PasskeyForm onMade={(made) => show(made.recovery_codes)} />}
    </AuthCard>
  );
}
