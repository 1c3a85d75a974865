import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { people } from "../../api/account";
import type { Role } from "../../api/account-wire";
import { asApiError } from "../../api/api-error";
import type { User } from "../../api/wire";
import { useAccountText } from "../../i18n/account";
import { useFieldText } from "../../i18n/use-error-text";
import { Button } from "../../ui/button";
import { CopyField } from "../../ui/copy-field";
import { Dialog } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { Refusal, useMustWait } from "../../ui/refusal";
import { SelectField } from "../../ui/select-field";
import { ShownOnce } from "../../ui/shown-once";
import { SubmitButton } from "../../ui/submit-button";
import styles from "./person-dialog.module.css";
import { invitesQuery } from "./queries";
import { grantableRoles } from "./rights";

const DAYS = [1, 7, 30];

export function InviteDialog({ me, onClose }: { me: User; onClose: () => void }) {
  const t = useAccountText();
  const { t: common } = useTranslation();
  const fieldText = useFieldText();
  const client = useQueryClient();
  const { mutate, data, isPending, error } = useMutation({
    mutationFn: people.invite,
    onSuccess: () => client.invalidateQueries(invitesQuery),
  });
  const waiting = useMustWait(error);
  const fault = error ? asApiError(error).fields.get("email") : undefined;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const email = String(form.get("email")).trim();
    mutate({
      role: String(form.get("role")) as Role,
      expires_in_days: Number(form.get("days")),
      ...(email && { email }),
    });
  };
  if (data) {
    return (
      <Dialog key="made" title={t("invites.madeTitle")} wide focus="title">
        <ShownOnce text={t("invites.madeText")} done={t("invites.sent")} onDone={onClose}>
          <CopyField label={t("invites.link")} value={new URL(data.link, location.origin).href} />
        </ShownOnce>
      </Dialog>
    );
  }
  return (
    <Dialog key="new" title={t("invites.makeTitle")} onClose={onClose}>
      <form className={styles.confirm} onSubmit={submit}>
        {fault === undefined && <Refusal cause={error} />}
        <Field
          label={t("invites.email")}
          name="email"
          type="email"
          autoComplete="off"
          hint={t("invites.emailHint")}
          error={fault && fieldText(fault, "email")}
        />
        <SelectField
          label={t("invites.role")}
          name="role"
          options={grantableRoles(me).map((role) => [role, t(`people.role_${role}`)] as const)}
        />
        <SelectField
          label={t("invites.days")}
          name="days"
          defaultValue="7"
          options={DAYS.map((count) => [String(count), t("invites.daysCount", { count })] as const)}
        />
        <div className={styles.actions}>
          <Button onClick={onClose}>{common("app.cancel")}</Button>
          <SubmitButton busy={isPending} waiting={waiting}>
            {t("invites.submit")}
          </SubmitButton>
        </div>
      </form>
    </Dialog>
  );
}
