import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { people } from "../../api/account";
import type { Person, Role } from "../../api/account-wire";
import type { User } from "../../api/wire";
import { useAccountText } from "../../i18n/account";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Notice } from "../../ui/notice";
import { Refusal, useMustWait } from "../../ui/refusal";
import { DeletePerson } from "./delete-person";
import { PersonDeed } from "./person-deed";
import styles from "./person-dialog.module.css";
import { peopleKey } from "./queries";
import { grantableRoles } from "./rights";
import { RoleForm } from "./role-form";

interface PersonDialogProps {
  person: Person;
  me: User;
  onChanged: (person: Person) => void;
  onClose: () => void;
}

type Deed = "role" | "disable" | "enable" | "reset" | "end";

/** All that one may do with somebody else's account. */
export function PersonDialog({ person, me, onChanged, onClose }: PersonDialogProps) {
  const t = useAccountText();
  const { t: common } = useTranslation();
  const client = useQueryClient();
  const [deleting, setDeleting] = useState(false);
  const refresh = () => void client.invalidateQueries({ queryKey: peopleKey });
  const {
    mutate,
    isPending,
    error,
    data: done,
  } = useMutation({
    mutationFn: async ({ deed, role }: { deed: Deed; role?: Role }) => {
      onChanged(await carryOut(person, deed, role));
      return deed;
    },
    onSettled: refresh,
  });
  const held = useMustWait(error) || isPending;
  const toDo = (deed: Deed) => ({ held, onDo: () => mutate({ deed }) });
  const toggle = person.is_active ? "disable" : "enable";
  const roles = grantableRoles(me);
  return (
    <Dialog title={person.username} wide focus="title" onClose={onClose}>
      <p>{person.email}</p>
      <div className={styles.said}>
        <Refusal cause={error} />
        <div role="status">{done && <Notice tone="good">{t(`person.done.${done}`)}</Notice>}</div>
      </div>
      <div className={styles.deeds}>
        {roles.length > 1 && (
          <RoleForm
            key={person.role}
            role={person.role}
            roles={roles}
            held={held}
            onRole={(role) => mutate({ deed: "role", role })}
          />
        )}
        {person.sessions > 0 && (
          <PersonDeed name={t("person.end")} text={t("person.endText")} {...toDo("end")} />
        )}
        {person.two_factor && (
          <PersonDeed name={t("person.reset")} text={t("person.resetText")} {...toDo("reset")} />
        )}
        <PersonDeed name={t(`person.${toggle}`)} text={t(`person.${toggle}Text`)} {...toDo(toggle)} />
        <PersonDeed
          name={t("person.delete")}
          text={t("person.deleteText")}
          danger
          held={held}
          onDo={() => setDeleting(true)}
        />
      </div>
      <div className={styles.end}>
        <Button onClick={onClose}>{common("app.close")}</Button>
      </div>
      {deleting && (
        <DeletePerson
          person={person}
          onDone={() => {
            refresh();
            onClose();
          }}
          onClose={() => setDeleting(false)}
        />
      )}
    </Dialog>
  );
}

/** How the person is afterwards. */
async function carryOut(person: Person, deed: Deed, role?: Role): Promise<Person> {
  const { id } = person;
  switch (deed) {
    case "role":
      return { ...person, ...(role && (await people.change(id, { role }))), sessions: 0 };
    case "disable":
      return { ...person, ...(await people.change(id, { is_active: false })), sessions: 0 };
    case "enable":
      return { ...person, ...(await people.change(id, { is_active: true })) };
    case "reset":
      await people.resetFactors(id);
      return { ...person, two_factor: false, sessions: 0 };
    case "end":
      await people.endSessions(id);
      return { ...person, sessions: 0 };
  }
}
