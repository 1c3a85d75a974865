import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { mine } from "../../api/account";
import { useAccountText } from "../../i18n/account";
import { Button } from "../../ui/button";
import { Items } from "../../ui/item";
import { Loaded } from "../../ui/loaded";
import { Refusal } from "../../ui/refusal";
import { Section } from "../../ui/section";
import { DeviceItem } from "./device-item";
import { sessionsQuery } from "./queries";

export function DevicesSection() {
  const t = useAccountText();
  const client = useQueryClient();
  const sessions = useQuery(sessionsQuery);
  const { mutate, isPending, isSuccess, error } = useMutation({
    mutationFn: mine.endOtherSessions,
    onSuccess: () => client.invalidateQueries(sessionsQuery),
  });
  return (
    <Section title={t("devices.title")} text={t("devices.text")} icon="screen">
      <Loaded query={sessions}>
        {({ items }) => (
          <>
            <Items label={t("devices.title")}>
              {items
                .toSorted((one, other) => Number(other.current) - Number(one.current))
                .map((device) => (
                  <DeviceItem key={device.id} device={device} />
                ))}
            </Items>
            <Refusal cause={error} />
            {items.length > 1 && (
              <Button icon="leave" aria-disabled={isPending} onClick={() => !isPending && mutate()}>
                {t("devices.others")}
              </Button>
            )}
            <p role="status">{items.length === 1 && t(isSuccess ? "devices.othersDone" : "devices.alone")}</p>
          </>
        )}
      </Loaded>
    </Section>
  );
}
