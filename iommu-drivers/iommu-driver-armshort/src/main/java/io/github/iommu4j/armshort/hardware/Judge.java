package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.armshort.layout.DomainAccess;
import io.github.iommu4j.armshort.layout.FaultStatus;

/**
 * Whether what the tables say of a region lets an access in: the domain first, then permissions (Arm DDI 0406C B3.7).
 * DACR is looked at here, so that changing it needs no invalidation.
 */
final class Judge {

    private static final int CLIENT = DomainAccess.CLIENT.ordinal();
    private static final int MANAGER = DomainAccess.MANAGER.ordinal();
    private static final int EVERY_RIGHT = 7;

    private Judge() {}

    /**
     * Judges.
     *
     * @param word a {@link TlbWord}
     * @param access packed as {@link io.github.iommu4j.api.dma.Access} says
     * @return an answer, or a {@link FaultWord}
     */
    static long judge(WalkControl control, long word, int access) {
        int domain = TlbWord.domain(word);
        int say = control.dacr() >>> 2 * domain & 3;
        int rights;
        if (say == CLIENT) {
            rights = Permissions.ofPrivilege(TlbWord.permissions(word), access);
        } else if (say == MANAGER) {
            rights = EVERY_RIGHT;
        } else {
            return FaultWord.of(TlbWord.isLevel2(word) ? FaultStatus.DOMAIN_L2 : FaultStatus.DOMAIN_L1, domain);
        }
        int needed = Permissions.needed(access);
        if ((rights & needed) != needed) {
            return FaultWord.of(TlbWord.isLevel2(word) ? FaultStatus.PERMISSION_L2 : FaultStatus.PERMISSION_L1, domain);
        }
        return TlbWord.answer(word, rights);
    }
}
