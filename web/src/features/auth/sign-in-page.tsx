import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { User } from "../../api/wire";
import { AuthCard } from "../../ui/auth-card";
import { inFragment, useFragment } from "./fragment";
import { OtherWays } from "./other-ways";
import { PasswordStep } from "./password-step";
import { type Halfway, halfwayIn, SecondStep } from "./second-step";
import { setupQuery, welcome } from "./session";
import { WhyHere } from "./why-here";

export function SignInPage() {
  const { next = "/" } = useSearch({ from: "/sign-in" });
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { data: setup } = useQuery(setupQuery);
  const fragment = useFragment();
  const fault = inFragment(fragment, "error");
  const [halfway, setHalfway] = useState<Halfway | null>(() => halfwayIn(fragment));
  const enter = (user: User) => {
    welcome(client, user);
    void navigate({ to: next, replace: true });
  };

  if (setup?.setup_required) {
    return (
      <AuthCard title={t("auth.setupNeededTitle")} lead={t("auth.setupNeeded")}>
        <p>
          <Link to="/setup">{t("auth.setupOpen")}</Link>
        </p>
      </AuthCard>
    );
  }
  if (halfway) return <SecondStep halfway={halfway} onIn={enter} onBack={() => setHalfway(null)} />;
  const foot =
    setup?.registration === "open" ? (
      <p>
        {t("auth.noAccount")} <Link to="/register">{t("auth.register")}</Link>
      </p>
    ) : null;
  return (
    <AuthCard title={t("auth.signInTitle")} lead={t("auth.signInLead")} foot={foot}>
      <WhyHere fault={fault} />
      <PasswordStep onIn={enter} onHalfway={setHalfway} />
      <OtherWays next={next} onIn={enter} />
    </AuthCard>
  );
}
