import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { characterCount } from "../lib/character-count";
import { Button } from "./button";
import { Field } from "./field";

const PasswordMeter = lazy(() => import("./password-meter").then((it) => ({ default: it.PasswordMeter })));

const SHORTEST = 15;

interface PasswordFieldProps {
  /** A new password is measured while it is typed; one that exists is only asked for. */
  isNew?: boolean;
  name?: string;
  label?: string;
  error?: string | undefined;
  autoFocus?: boolean;
  /** Fewer where a second factor is on. */
  shortest?: number;
  /** What a guesser tries first: the person's name and e-mail. Those typed in the same form are known. */
  own?: string[];
}

export function PasswordField({
  isNew = false,
  name = "password",
  label,
  error,
  autoFocus = false,
  shortest = SHORTEST,
  own = [],
}: PasswordFieldProps) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  const [typed, setTyped] = useState({ text: "", beside: own });
  const missing = shortest - characterCount(typed.text);
  const measured = missing > 0 ? t("auth.passwordLength", { count: missing }) : t("auth.passwordLongEnough");
  const change = (input: HTMLInputElement) =>
    isNew && setTyped({ text: input.value, beside: [...own, ...beside(input)] });
  return (
    <div>
      <Field
        label={label ?? t("auth.password")}
        name={name}
        type={shown ? "text" : "password"}
        autoComplete={isNew ? "new-password" : "current-password"}
        autoCapitalize="none"
        spellCheck={false}
        required
        autoFocus={autoFocus}
        maxLength={128}
        error={error}
        {...(isNew && { hint: typed.text ? measured : t("auth.passwordHint", { min: shortest }) })}
        {...(isNew && { minLength: shortest })}
        onChange={(event) => change(event.currentTarget)}
        end={
          <Button look="quiet" aria-pressed={shown} onClick={() => setShown(!shown)}>
            {shown ? t("auth.hide") : t("auth.show")}
          </Button>
        }
      />
      {isNew && typed.text && (
        <Suspense>
          <PasswordMeter password={typed.text} own={typed.beside} />
        </Suspense>
      )}
    </div>
  );
}

function beside(input: HTMLInputElement): string[] {
  const fields = ["username", "email"].map((name) => input.form?.elements.namedItem(name));
  return fields.filter((field) => field instanceof HTMLInputElement).map((field) => field.value);
}
