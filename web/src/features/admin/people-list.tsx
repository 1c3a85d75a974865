import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Person } from "../../api/account-wire";
import type { User } from "../../api/wire";
import { useAccountText } from "../../i18n/account";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Items } from "../../ui/item";
import { Refusal } from "../../ui/refusal";
import styles from "./people.module.css";
import { PersonDialog } from "./person-dialog";
import { PersonItem } from "./person-item";
import { peopleQuery } from "./queries";

const PAUSE_MS = 250;

export function PeopleList({ me }: { me: User }) {
  const t = useAccountText();
  const [typed, setTyped] = useState("");
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState<Person | null>(null);
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    peopleQuery(search),
  );
  useEffect(() => {
    const timer = setTimeout(() => setSearch(typed.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const found = data?.pages.flatMap(({ items }) => items) ?? [];
  const count = found.length;
  const counted = hasNextPage ? t("people.foundMore", { count }) : t("people.found", { count });
  return (
    <section className={styles.list} aria-label={t("people.title")}>
      <div className={styles.search}>
        <Field
          label={t("people.search")}
          type="search"
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      </div>
      <Refusal cause={error} />
      <p role="status" className={styles.count}>
        {data && (count > 0 ? counted : t("people.nobody"))}
      </p>
      {count > 0 && (
        <Items label={t("people.title")}>
          {found.map((person) => (
            <PersonItem key={person.id} person={person} me={me} onManage={() => setChosen(person)} />
          ))}
        </Items>
      )}
      {hasNextPage && (
        <Button
          className={styles.more}
          aria-disabled={isFetchingNextPage}
          onClick={() => !isFetchingNextPage && void fetchNextPage()}
        >
          {t("people.more")}
        </Button>
      )}
      {chosen && (
        <PersonDialog person={chosen} me={me} onChanged={setChosen} onClose={() => setChosen(null)} />
      )}
    </section>
  );
}
