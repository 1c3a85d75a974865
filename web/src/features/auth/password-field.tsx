import { useState } from "react";
import { useTranslation } from "react-i18next";
import { characterCount } from "../../lib/character-count";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";

const SHORTEST = 15;

interface PasswordFieldProps {
  /** A new password is measured while it is typed; one that exists is only asked for. */
  isNew?: boolean;
  error?: string | undefined;
}

export function PasswordField({ isNew = false, error }: PasswordFieldProps) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  const [length, setLength] = useState(0);
  const missing = SHORTEST - length;
  const measured = missing > 0 ? t("auth.passwordLength", { count: missing }) : t("auth.passwordLongEnough");
  return (
    <Field
      label={t("auth.password")}
      name="password"
      type={shown ? "text" : "password"}
      autoComplete={isNew ? "new-password" : "current-password"}
      required
      maxLength={128}
      error={error}
      {...(isNew && { hint: length > 0 ? measured : t("auth.passwordHint"), minLength: SHORTEST })}
      onChange={(event) => setLength(characterCount(event.currentTarget.value))}
      end={
        <Button look="quiet" aria-pressed={shown} onClick={() => setShown(!shown)}>
          {shown ? t("auth.hide") : t("auth.show")}
        </Button>
      }
    />
  );
}
