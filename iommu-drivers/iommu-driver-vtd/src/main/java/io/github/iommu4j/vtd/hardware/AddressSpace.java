package io.github.iommu4j.vtd.hardware;

import org.jspecify.annotations.Nullable;

/**
 * Where requests of a legacy context or of a PASID go: a context or PASID entry, decoded once and cached. Immutable.
 *
 * @param fault what every request gets instead, as a {@link FaultWord}, or 0
 * @param type how addresses are translated
 * @param did the domain
 * @param tag what translations are cached under, without privilege
 * @param control which of the entry's controls are on
 * @param second the second stage, if there is one
 * @param first the first stage, if there is one
 */
record AddressSpace(
        long fault,
        Type type,
        int did,
        long tag,
        Controls control,
        @Nullable SecondStageTable second,
        @Nullable FirstStageTable first) {

    /** What PGTT and, in legacy mode, TT say. */
    enum Type {
        LEGACY,
        LEGACY_PASS_THROUGH,
        FIRST_STAGE,
        SECOND_STAGE,
        NESTED,
        PASS_THROUGH;

        boolean isLegacy() {
            return this == LEGACY || this == LEGACY_PASS_THROUGH;
        }

        boolean isPassThrough() {
            return this == PASS_THROUGH || this == LEGACY_PASS_THROUGH;
        }
    }

    /**
     * Controls of a PASID entry that concern a request as a whole.
     *
     * @param fpd FPD of any structure on the way
     * @param supervisor SRE
     * @param execute ERE
     * @param snooped PGSNP
     */
    record Controls(boolean fpd, boolean supervisor, boolean execute, boolean snooped) {
        /** None. */
        static final Controls NONE = new Controls(false, false, false, false);
    }

    /**
     * A second stage.
     *
     * @param root its top table
     * @param levels 3 to 5
     * @param inputBits the smaller of AW and MGAW
     * @param honoured rights bits that mean something: X only with SSEE
     * @param updates A and D are maintained (SSADE)
     * @param snooped updates are possible (PWSNP)
     */
    record SecondStageTable(long root, int levels, int inputBits, int honoured, boolean updates, boolean snooped) {}

    /**
     * A first stage.
     *
     * @param root its top table
     * @param levels 4 or 5
     * @param reserved what is reserved in its entries
     * @param rules the entry's controls of permissions
     * @param used bits set in every entry that is used: A, and EA with EAFE
     * @param snooped updates are possible (PWSNP)
     */
    record FirstStageTable(long root, int levels, ReservedBits reserved, Rules rules, long used, boolean snooped) {

        /** An address has this many bits, the highest of which is repeated above. */
        int inputBits() {
            return 12 + 9 * levels;
        }
    }

    /**
     * What permissions mean in a first stage.
     *
     * @param writeProtect WPE
     * @param executeDisable XD counts
     * @param supervisorExecutesNoUserPages SMEP
     */
    record Rules(boolean writeProtect, boolean executeDisable, boolean supervisorExecutesNoUserPages) {}

    /** A space that gives a fault whatever is asked. */
    static AddressSpace refused(long fault) {
        return new AddressSpace(fault, Type.PASS_THROUGH, 0, 0, Controls.NONE, null, null);
    }

    boolean isFault() {
        return fault != 0;
    }
}
