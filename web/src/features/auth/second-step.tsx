import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Credentials, entrance } from "../../api/account";
import type { FactorMethod } from "../../api/account-wire";
import type { ApiError } from "../../api/api-error";
import { passkeysWork, signInWithPasskey } from "../../api/passkeys";
import type { User } from "../../api/wire";
import { AuthCard } from "../../ui/auth-card";
import { Button } from "../../ui/button";
import { CodeField, codeIn } from "../../ui/code-field";
import { Refusal, useMustWait } from "../../ui/refusal";
import { SubmitButton } from "../../ui/submit-button";
import { inFragment } from "./fragment";
import styles from "./sign-in.module.css";

const METHODS: readonly FactorMethod[] = ["totp", "recovery_code", "passkey"];

/** The password was right, or a provider vouched; something else is still asked. */
export interface Halfway {
  /** Null after a provider: the flow says it all. */
  credentials: Credentials | null;
  methods: readonly FactorMethod[];
  flow: string;
}

/** What a provider's way back says behind the `#`, where a second step follows. */
export function halfwayIn(fragment: string): Halfway | null {
  const flow = inFragment(fragment, "step");
  if (flow === undefined) return null;
  const methods = (inFragment(fragment, "methods") ?? "").split(",");
  return { credentials: null, methods: METHODS.filter((method) => methods.includes(method)), flow };
}

/** Null where the refusal is about something else. */
export function halfwayOf(error: ApiError, credentials: Credentials): Halfway | null {
  if (error.code !== "second_factor_required") return null;
  const { methods, flow } = error.members;
  return {
    credentials,
    methods: Array.isArray(methods) ? methods : ["totp", "recovery_code"],
    flow: typeof flow === "string" ? flow : "",
  };
}

interface SecondStepProps {
  halfway: Halfway;
  onIn: (user: User) => void;
  onBack: () => void;
}

type Way = "app" | "recovery" | "passkey";

export function SecondStep({ halfway: { credentials, methods, flow }, onIn, onBack }: SecondStepProps) {
  const { t } = useTranslation();
  const ways = waysOf(methods);
  const [way, setWay] = useState<Way>(ways[0] ?? "app");
  const { mutate, isPending, error, reset } = useMutation({
    mutationFn: async (otp: string | null) =>
      otp === null ? signInWithPasskey(flow) : (await withCode(credentials, flow, otp)).user,
    onSuccess: onIn,
  });
  const waiting = useMustWait(error);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    mutate(way === "passkey" ? null : codeIn(new FormData(event.currentTarget)));
  };
  const choose = (other: Way) => {
    reset();
    setWay(other);
    if (other === "passkey") mutate(null);
  };
  const leads = {
    app: credentials ? t("auth.secondApp") : t("auth.secondAppAlone"),
    recovery: t("auth.secondRecovery"),
    passkey: credentials ? t("auth.secondPasskey") : t("auth.secondPasskeyAlone"),
  };
  const names = { app: t("auth.useApp"), recovery: t("auth.useRecovery"), passkey: t("auth.usePasskey") };
  return (
    <AuthCard title={t("auth.secondTitle")} lead={leads[way]}>
      <form onSubmit={submit}>
        <Refusal cause={error} />
        {way !== "passkey" && <CodeField kind={way} autoFocus />}
        <SubmitButton busy={isPending} waiting={waiting} autoFocus={way === "passkey"}>
          {t("auth.continue")}
        </SubmitButton>
      </form>
      <div className={styles.instead}>
        {ways
          .filter((other) => other !== way)
          .map((other) => (
            <Button key={other} look="quiet" onClick={() => choose(other)}>
              {names[other]}
            </Button>
          ))}
        <Button look="quiet" icon="back" onClick={onBack}>
          {t("auth.back")}
        </Button>
      </div>
    </AuthCard>
  );
}

function withCode(credentials: Credentials | null, flow: string, otp: string): Promise<{ user: User }> {
  return credentials ? entrance.logIn({ ...credentials, otp }) : entrance.finishVouched({ flow, otp });
}

function waysOf(methods: readonly FactorMethod[]): Way[] {
  const ways: Way[] = [];
  if (methods.includes("totp")) ways.push("app");
  if (methods.includes("passkey") && passkeysWork()) ways.push("passkey");
  if (methods.includes("recovery_code")) ways.push("recovery");
  return ways;
}
