import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef } from "react";
import { mine } from "../../api/account";
import type { TwoFactor } from "../../api/account-wire";
import { asApiError } from "../../api/api-error";
import type { User } from "../../api/wire";
import { useAccountText } from "../../i18n/account";
import { useFieldText } from "../../i18n/use-error-text";
import { Notice } from "../../ui/notice";
import { PasswordField } from "../../ui/password-field";
import { Refusal, useMustWait } from "../../ui/refusal";
import { Section } from "../../ui/section";
import { SubmitButton } from "../../ui/submit-button";
import { VisuallyHidden } from "../../ui/visually-hidden";
import { identitiesQuery, sessionsQuery } from "./queries";
import { hasFactor } from "./two-factor";

const SHORTEST = 15;
const SHORTEST_WITH_FACTOR = 8;

interface PasswordSectionProps {
  user: User;
  factors: TwoFactor | undefined;
}

export function PasswordSection({ user, factors }: PasswordSectionProps) {
  const t = useAccountText();
  const fieldText = useFieldText();
  const client = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  // Made through a provider: there is no password yet.
  const { data: identities } = useQuery(identitiesQuery);
  const isFirst = identities?.has_password === false;
  const { mutate, isPending, isSuccess, error } = useMutation({
    mutationFn: (given: FormData) =>
      mine.changePassword({
        new_password: String(given.get("new_password")),
        ...(!isFirst && { current_password: String(given.get("current_password")) }),
      }),
    onSuccess: () => {
      form.current?.reset();
      void client.invalidateQueries(identitiesQuery);
      void client.invalidateQueries(sessionsQuery);
    },
  });
  const waiting = useMustWait(error);
  const refusal = error && asApiError(error);
  const wrong = refusal?.code === "invalid_credentials";
  const fault = refusal?.fields.get("new_password") ?? refusal?.fields.get("password");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    mutate(new FormData(event.currentTarget));
  };
  return (
    <Section
      title={t("password.title")}
      text={isFirst ? t("password.firstText") : t("password.text")}
      icon="shield"
    >
      <form ref={form} onSubmit={submit}>
        {refusal && !wrong && !fault && <Refusal cause={error} />}
        <VisuallyHidden aria-hidden="true">
          <input name="username" autoComplete="username" value={user.username} readOnly tabIndex={-1} />
        </VisuallyHidden>
        {!isFirst && (
          <PasswordField
            name="current_password"
            label={t("password.current")}
            error={wrong ? t("password.wrong") : undefined}
          />
        )}
        <PasswordField
          key={String(isSuccess)}
          isNew
          name="new_password"
          label={t("password.new")}
          shortest={factors && hasFactor(factors) ? SHORTEST_WITH_FACTOR : SHORTEST}
          own={[user.username, user.email]}
          error={fault && fieldText(fault, "password")}
        />
        <SubmitButton look="plain" busy={isPending} waiting={waiting}>
          {isFirst ? t("password.saveFirst") : t("password.save")}
        </SubmitButton>
        <div role="status">{isSuccess && <Notice tone="good">{t("password.done")}</Notice>}</div>
      </form>
    </Section>
  );
}
