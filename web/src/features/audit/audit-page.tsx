import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { useAccountText } from "../../i18n/account";
import { Loaded } from "../../ui/loaded";
import { PageHead } from "../../ui/page-head";
import styles from "./audit-page.module.css";
import { EventList } from "./event-list";
import { ExportLink } from "./export-link";
import { FilterBar } from "./filter-bar";
import { FilterFold } from "./filter-fold";
import { LiveSwitch } from "./live-switch";
import { eventsQuery, newerQuery, statusQuery } from "./queries";
import { type AuditSearch, readSearch } from "./search";
import { TrailStatus } from "./trail-status";

/** The audit trail: what happened that matters to security, as it happens. */
export function AuditPage() {
  const t = useAccountText();
  // Read once more: what the page does not know of an address is handed on too.
  const search = useSearch({
    from: "/signed-in/settings/audit",
    select: readSearch,
    structuralSharing: true,
  });
  const navigate = useNavigate();
  const [live, setLive] = useState(true);
  const events = useInfiniteQuery(eventsQuery(search));
  const newer = useQuery({ ...newerQuery(search, live), enabled: events.isSuccess });
  const status = useQuery(statusQuery(live));
  // Always the same function: a look for newer events leaves the rows that are there alone.
  const change = useCallback(
    (next: AuditSearch) =>
      void navigate({ to: "/settings/audit", search: next, replace: true, resetScroll: false }),
    [navigate],
  );
  return (
    <div>
      <PageHead title={t("audit.title")} lead={t("audit.lead")} />
      <TrailStatus query={status} latest={events.data?.pages[0]?.latest ?? 0} />
      <FilterFold active={Object.keys(search).length > 0}>
        <FilterBar search={search} pages={events.data?.pages} onChange={change} />
      </FilterFold>
      <div className={styles.tools}>
        <LiveSwitch
          live={live}
          onLive={setLive}
          failing={newer.isError}
          onLook={() => void newer.refetch()}
        />
        <ExportLink search={search} />
      </div>
      <Loaded query={events}>
        {({ pages }) => (
          <EventList
            key={JSON.stringify(search)}
            pages={pages}
            vouchedFor={status.data?.vouched_for}
            search={search}
            onChange={change}
            more={events}
          />
        )}
      </Loaded>
    </div>
  );
}
