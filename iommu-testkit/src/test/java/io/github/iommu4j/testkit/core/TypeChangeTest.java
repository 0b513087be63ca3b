package io.github.iommu4j.testkit.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.UserCapabilities;
import io.github.iommu4j.api.UserCapabilities.Capability;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Writes to a group's {@code type} file. */
final class TypeChangeTest {

    private static @Nullable Errno write(IommuGroup group, String word) {
        return Rig.errno(() -> group.writeType(word, UserCapabilities.ALL));
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R60_capabilitiesComeBeforeTheWordAndAnEmptyWriteBeforeBoth(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 1).boot();
        IommuGroup group = rig.group(1);
        UserCapabilities none = new UserCapabilities(Set.of());
        for (Capability alone : new Capability[] {Capability.CAP_SYS_ADMIN, Capability.CAP_SYS_RAWIO}) {
            UserCapabilities half = new UserCapabilities(Set.of(alone));
            assertThat(Rig.errno(() -> group.writeType("bogus", half))).isEqualTo(Errno.EACCES);
        }
        assertThat(Rig.errno(() -> group.writeType("", none))).isNull();
        for (String bad : new String[] {"bogus", "dma", "IDENTITY", "blocked", "DMA\n\n", "\n"}) {
            assertThat(write(group, bad)).as(bad).isEqualTo(Errno.EINVAL);
        }
        assertThat(group.typeName()).isEqualTo("DMA-FQ");
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R61_everyTypeCanBeHadAndAutoIsTheSystems(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 1).boot();
        IommuGroup group = rig.group(1);
        for (String word : new String[] {"identity", "DMA", "DMA-FQ", "DMA", "identity", "DMA-FQ", "identity"}) {
            assertThat(write(group, word + "\n")).isNull();
            assertThat(group.typeName()).isEqualTo(word);
            assertThat(group.domain()).isSameAs(group.defaultDomain());
            assertThat(rig.iommu.attachedType(rig.device(1, 0)))
                    .isEqualTo(word.equals("identity") ? DomainType.IDENTITY : DomainType.DMA);
            assertThat(rig.core.liveDomains()).isEqualTo(1);
        }
        assertThat(write(group, "auto")).isNull();
        assertThat(group.typeName()).isEqualTo("DMA-FQ");
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R62_theSameTypeKeepsTheDomainAndTouchesNoDevice(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 1).boot();
        IommuGroup group = rig.group(1);
        for (String word : new String[] {"DMA-FQ", "auto", "identity", "identity", "DMA", "DMA"}) {
            boolean same = word.equals(group.typeName()) || word.equals("auto");
            IommuDomain before = group.defaultDomain();
            int calls = rig.iommu.failures().calls();
            assertThat(write(group, word)).isNull();
            if (same) {
                assertThat(group.defaultDomain()).isSameAs(before);
                assertThat(rig.iommu.failures().calls()).isEqualTo(calls);
            } else {
                assertThat(group.defaultDomain()).isNotSameAs(before);
            }
        }
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R63_severalDevicesChangeTogetherFrom64(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 2).boot();
        IommuGroup group = rig.group(1);
        rig.log.drain();
        if (release.typeChangeNeedsSingleDevice()) {
            assertThat(write(group, "identity")).isEqualTo(Errno.EINVAL);
            assertThat(write(group, "DMA-FQ")).isEqualTo(Errno.EINVAL);
            assertThat(rig.log.drain()).hasSize(2).allMatch(line -> line.level() == KernelLog.Level.ERR);
            rig.host.remove(Rig.name(1, 1));
        }
        assertThat(write(group, "identity")).isNull();
        for (int function = 0; function < group.devices().size(); function++) {
            assertThat(rig.iommu.attachedType(rig.device(1, function))).isEqualTo(DomainType.IDENTITY);
        }
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R64_aNativeDriverForbidsTheChangeAndAHarmlessOneUpTo63(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 1).boot();
        IommuGroup group = rig.group(1);
        rig.bind(1, 0, "net");
        assertThat(write(group, "identity")).isEqualTo(release.typeChangeRefusal());
        assertThat(write(group, "auto")).isEqualTo(release.typeChangeRefusal());
        rig.unbind(1, 0, "net");
        rig.bind(1, 0, "stub");
        assertThat(write(group, "identity")).isEqualTo(release.typeChangeNeedsSingleDevice() ? Errno.EBUSY : null);
        rig.unbind(1, 0, "stub");
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R65_aUserForbidsTheChange(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 1).boot();
        IommuGroup group = rig.group(1);
        group.dmaOwnership().claim(this);
        assertThat(write(group, "identity")).isEqualTo(release.typeChangeRefusal());
        assertThat(group.typeName()).isEqualTo("DMA-FQ");
        group.dmaOwnership().release();
        assertThat(write(group, "identity")).isNull();
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R66_dmaBecomesDmaFqInPlaceAlsoWithADriverAndFrom64WithAUser(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 1).boot();
        IommuGroup group = rig.group(1);
        write(group, "DMA");
        IommuDomain domain = group.defaultDomain();
        rig.bind(1, 0, "net");
        int calls = rig.iommu.failures().calls();
        assertThat(write(group, "DMA-FQ")).isNull();
        assertThat(group.typeName()).isEqualTo("DMA-FQ");
        assertThat(group.defaultDomain()).isSameAs(domain);
        assertThat(rig.iommu.failures().calls()).isEqualTo(calls);
        assertThat(write(group, "DMA")).isEqualTo(release.typeChangeRefusal());
        rig.unbind(1, 0, "net");
        write(group, "DMA");
        group.dmaOwnership().claim(this);
        assertThat(write(group, "DMA-FQ")).isEqualTo(release.typeChangeNeedsSingleDevice() ? Errno.EBUSY : null);
        group.dmaOwnership().release();
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R66_theSwitchInPlaceDoesNotAskWhetherTheDriverCanDefer(KernelRelease release) {
        Rig rig = Rig.of(release, new MockIommuDriver("amd0", Rig.neverDeferring()))
                .slot(1, 1)
                .boot();
        IommuGroup group = rig.group(1);
        assertThat(group.typeName()).isEqualTo("DMA");
        assertThat(write(group, "DMA-FQ")).isNull();
        assertThat(group.typeName()).isEqualTo("DMA-FQ");
        assertThat(write(group, "identity")).isNull();
        assertThat(write(group, "DMA-FQ")).isNull();
        assertThat(group.typeName()).isEqualTo("DMA");
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R67_whatTheDriverDemandsCannotBeChanged(KernelRelease release) {
        Rig rig = Rig.of(release, Rig.intel().demanding(device -> DomainType.IDENTITY))
                .slot(1, 1)
                .boot();
        IommuGroup group = rig.group(1);
        assertThat(group.typeName()).isEqualTo("identity");
        assertThat(write(group, "DMA")).isEqualTo(Errno.EINVAL);
        assertThat(write(group, "DMA-FQ")).isEqualTo(Errno.EINVAL);
        assertThat(write(group, "auto")).isNull();
        assertThat(write(group, "identity")).isNull();
        assertThat(group.typeName()).isEqualTo("identity");
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R67_aDemandForDmaIsStrictAndFrom64TheFlushQueueComesInPlaceOnly(KernelRelease release) {
        Rig rig = Rig.of(release, Rig.intel().demanding(device -> DomainType.DMA))
                .slot(1, 1)
                .boot();
        IommuGroup group = rig.group(1);
        assertThat(group.typeName()).isEqualTo("DMA");
        assertThat(write(group, "DMA-FQ")).isEqualTo(release.typeChangeNeedsSingleDevice() ? Errno.EINVAL : null);
        assertThat(write(group, "auto")).isNull();
        assertThat(group.typeName()).isEqualTo("DMA");
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R68_aForeignDomainIsInTheWayUpTo63AndIsReplacedLater(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 1).boot();
        IommuGroup group = rig.group(1);
        IommuDomain domain = rig.newDomain(1);
        group.attach(domain);
        if (release.typeChangeNeedsSingleDevice()) {
            assertThat(write(group, "identity")).isEqualTo(Errno.EBUSY);
            assertThat(group.domain()).isSameAs(domain);
            group.detach(domain);
        } else {
            assertThat(write(group, "auto")).isNull();
            assertThat(group.domain()).isSameAs(domain);
            assertThat(write(group, "identity")).isNull();
            assertThat(group.domain()).isSameAs(group.defaultDomain());
        }
        domain.free();
        rig.close();
    }

    @Test
    void R69_anEmptyGroupHasNothingToChange() {
        for (KernelRelease release : KernelRelease.values()) {
            Rig rig = Rig.of(release).slot(1, 1).boot();
            IommuGroup group = rig.group(1).get();
            rig.host.remove(Rig.name(1, 0));
            assertThat(write(group, "identity")).isEqualTo(Errno.EINVAL);
            group.put();
            rig.close();
        }
    }

    @ParameterizedTest
    @EnumSource(KernelRelease.class)
    void R70_aChangeThatFailsLeavesTheOldTypeAndNoDomainBehind(KernelRelease release) {
        Rig rig = Rig.of(release).slot(1, 1).boot();
        IommuGroup group = rig.group(1);
        IommuDomain before = group.defaultDomain();
        // The allocation has a second try with DMA; the attach has none.
        for (int failing = 0; failing < 2; failing++) {
            rig.iommu.failures().failCalls(failing, 2 - failing, Errno.ENOSPC);
            assertThat(write(group, "identity")).as("call " + failing).isNotNull();
            rig.iommu.failures().failNothing();
            assertThat(group.typeName()).isEqualTo("DMA-FQ");
            assertThat(group.defaultDomain()).isSameAs(before);
            assertThat(group.domain()).isSameAs(before);
            assertThat(rig.core.liveDomains()).isEqualTo(1);
        }
        rig.close();
    }
}
