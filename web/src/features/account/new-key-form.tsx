import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { KEY_SCOPES, type KeyScope, type NewApiKey } from "../../api/account-wire";
import { asApiError } from "../../api/api-error";
import type { User } from "../../api/wire";
import { useAccountText } from "../../i18n/account";
import { useFieldText } from "../../i18n/use-error-text";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Refusal, useMustWait } from "../../ui/refusal";
import { SelectField } from "../../ui/select-field";
import { SubmitButton } from "../../ui/submit-button";
import styles from "./new-key-form.module.css";

const DAYS = ["30", "90"] as const;

interface NewKeyFormProps {
  role: User["role"];
  busy: boolean;
  fault: unknown;
  onKey: (key: NewApiKey) => void;
  onCancel: () => void;
}

export function NewKeyForm({ role, busy, fault, onKey, onCancel }: NewKeyFormProps) {
  const t = useAccountText();
  const { t: common } = useTranslation();
  const fieldText = useFieldText();
  const waiting = useMustWait(fault);
  const fields = fault ? asApiError(fault).fields : new Map<string, string>();
  const faultOf = (name: string) => {
    const code = fields.get(name);
    return code === undefined ? undefined : fieldText(code, name);
  };
  const scopes = KEY_SCOPES.filter((scope) => scope !== "admin" || role !== "user");
  const ends = [
    ...DAYS.map((days) => [days, t("keys.days", { count: Number(days) })] as const),
    ["365", t("keys.year")] as const,
    ["", t("keys.never")] as const,
  ];
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onKey(read(new FormData(event.currentTarget)));
  };
  return (
    <form onSubmit={submit} className={styles.form}>
      {fault !== null && fields.size === 0 && <Refusal cause={fault} />}
      <Field
        label={t("keys.name")}
        name="name"
        autoComplete="off"
        maxLength={100}
        required
        hint={t("keys.nameHint")}
        error={faultOf("name")}
      />
      <fieldset className={styles.scopes}>
        <legend>{t("keys.scopes")}</legend>
        {scopes.map((scope) => (
          <label key={scope}>
            <input type="checkbox" name="scopes" value={scope} defaultChecked={scope === "read"} />
            {t(`keys.scope_${scope}`)}
          </label>
        ))}
        {faultOf("scopes") && <p className={styles.fault}>{faultOf("scopes")}</p>}
      </fieldset>
      <SelectField label={t("keys.expires")} name="days" options={ends} defaultValue="90" />
      <Field
        label={t("keys.addresses")}
        name="addresses"
        autoComplete="off"
        spellCheck={false}
        hint={t("keys.addressesHint")}
        error={faultOf("addresses")}
      />
      <div className={styles.actions}>
        <Button onClick={onCancel}>{common("app.cancel")}</Button>
        <SubmitButton busy={busy} waiting={waiting}>
          {t("keys.submit")}
        </SubmitButton>
      </div>
    </form>
  );
}

function read(form: FormData): NewApiKey {
  const days = Number(form.get("days"));
  const addresses = String(form.get("addresses"))
    .split(/[\s,;]+/)
    .filter(Boolean);
  return {
    name: String(form.get("name")).trim(),
    scopes: form.getAll("scopes") as KeyScope[],
    ...(days > 0 && { expires_in_days: days }),
    ...(addresses.length > 0 && { addresses }),
  };
}
