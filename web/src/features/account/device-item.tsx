import { useMutation, useQueryClient } from "@tanstack/react-query";
import { mine } from "../../api/account";
import type { DeviceSession } from "../../api/account-wire";
import { useAccountText } from "../../i18n/account";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { Item } from "../../ui/item";
import { Refusal } from "../../ui/refusal";
import { When } from "../../ui/when";
import { sessionsQuery } from "./queries";

export function DeviceItem({ device }: { device: DeviceSession }) {
  const t = useAccountText();
  const client = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => mine.endSession(device.id),
    onSuccess: () => client.invalidateQueries(sessionsQuery),
  });
  const name = device.agent || t("devices.unknown");
  const facts = [
    device.address,
    <When key="seen" at={device.last_seen_at} say={(when) => t("devices.seen", { when })} />,
    <span key="since">
      <When at={device.created_at} say={(when) => t("devices.since", { when })} />{" "}
      {t(`devices.by_${device.how}`)}
    </span>,
  ].filter((fact) => fact !== null);
  return (
    <Item
      title={name}
      badges={device.current && <Badge tone="good">{t("devices.this")}</Badge>}
      facts={facts}
    >
      {!device.current && (
        <>
          <Refusal cause={error} />
          <Button
            look="quiet"
            icon="leave"
            aria-label={t("devices.endNamed", { name })}
            aria-disabled={isPending}
            onClick={() => !isPending && mutate()}
          >
            {t("devices.end")}
          </Button>
        </>
      )}
    </Item>
  );
}
