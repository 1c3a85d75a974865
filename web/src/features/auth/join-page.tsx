import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { AuthCard } from "../../ui/auth-card";
import { Notice } from "../../ui/notice";
import { AccountForm } from "./account-form";
import { inFragment, useFragment } from "./fragment";
import { JoinWays } from "./join-ways";

/** Where an invitation's link leads: the code is after `#`, so that no server or proxy writes it into a log. */
export function JoinPage() {
  const { t } = useTranslation();
  const fragment = useFragment();
  const code = inFragment(fragment, "code") ?? fragment;
  const foot = (
    <p>
      {t("auth.haveAccount")} <Link to="/sign-in">{t("auth.signIn")}</Link>
    </p>
  );
  return (
    <AuthCard title={t("auth.joinTitle")} lead={code ? t("auth.joinLead") : undefined} foot={foot}>
      {code ? (
        <>
          <AccountForm submitLabel={t("auth.joinSubmit")} invite={code} />
          <JoinWays invite={code} />
        </>
      ) : (
        <Notice tone="hint">{t("auth.joinNoCode")}</Notice>
      )}
    </AuthCard>
  );
}
