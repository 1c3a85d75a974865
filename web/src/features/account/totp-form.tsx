import { useMutation } from "@tanstack/react-query";
import { QRCodeSVG } from "qrcode.react";
import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { mine } from "../../api/account";
import type { TotpSecret } from "../../api/account-wire";
import { useAccountText } from "../../i18n/account";
import { Button } from "../../ui/button";
import { CodeField, codeIn } from "../../ui/code-field";
import { CopyField } from "../../ui/copy-field";
import { Refusal, useMustWait } from "../../ui/refusal";
import { SubmitButton } from "../../ui/submit-button";
import styles from "./totp-form.module.css";

interface TotpFormProps {
  secret: TotpSecret;
  onOn: (recoveryCodes: string[]) => void;
  /** Where it is a dialog. */
  onCancel?: () => void;
}

/** Shows the app's key and wants a code of it. The picture is drawn here: the key goes nowhere else. */
export function TotpForm({ secret, onOn, onCancel }: TotpFormProps) {
  const t = useAccountText();
  const { t: common } = useTranslation();
  const { mutate, isPending, error } = useMutation({
    mutationFn: mine.confirmTotp,
    onSuccess: ({ recovery_codes }) => onOn(recovery_codes ?? []),
  });
  const waiting = useMustWait(error);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    mutate(codeIn(new FormData(event.currentTarget)));
  };
  const grouped = secret.secret.match(/.{1,4}/g)?.join(" ") ?? secret.secret;
  return (
    <div className={styles.totp}>
      <div className={styles.scan}>
        <div className={styles.qr}>
          <QRCodeSVG value={secret.uri} size={176} marginSize={2} level="M" title={t("totp.qr")} role="img" />
        </div>
        <div className={styles.words}>
          <p>{t("totp.scan")}</p>
          <p>
            <a href={secret.uri}>{t("totp.open")}</a>
          </p>
        </div>
      </div>
      <CopyField label={t("totp.type")} value={secret.secret} shown={grouped} />
      <form onSubmit={submit} className={styles.form}>
        <Refusal cause={error} />
        <CodeField />
        <div className={styles.actions}>
          {onCancel && <Button onClick={onCancel}>{common("app.cancel")}</Button>}
          <SubmitButton busy={isPending} waiting={waiting}>
            {t("totp.confirm")}
          </SubmitButton>
        </div>
      </form>
    </div>
  );
}
