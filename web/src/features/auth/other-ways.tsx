import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { passkeysWork, signInWithPasskey } from "../../api/passkeys";
import type { User } from "../../api/wire";
import { Button } from "../../ui/button";
import { Refusal } from "../../ui/refusal";
import { ProviderLink } from "./provider-links";
import { providersQuery } from "./session";
import styles from "./sign-in.module.css";
import { useConditionalPasskey } from "./use-conditional-passkey";

interface OtherWaysProps {
  /** Where one goes afterwards. */
  next: string;
  onIn: (user: User) => void;
}

/** Without a password: a passkey, or somebody who vouches. */
export function OtherWays({ next, onIn }: OtherWaysProps) {
  const { t } = useTranslation();
  const { data: providers } = useQuery(providersQuery);
  const withPasskey = (providers?.passkeys ?? false) && passkeysWork();
  const pause = useConditionalPasskey(withPasskey, onIn);
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => pause(signInWithPasskey),
    onSuccess: onIn,
  });
  const items = providers?.items ?? [];
  if (!withPasskey && items.length === 0) return null;
  return (
    <div className={styles.ways}>
      <p className={styles.or}>{t("auth.or")}</p>
      <Refusal cause={error} />
      {withPasskey && (
        <Button icon="key" aria-disabled={isPending} onClick={() => !isPending && mutate()}>
          {isPending ? t("auth.passkeyWaiting") : t("auth.passkey")}
        </Button>
      )}
      {items.map((provider) => (
        <ProviderLink key={provider.id} provider={provider} next={next} />
      ))}
    </div>
  );
}
