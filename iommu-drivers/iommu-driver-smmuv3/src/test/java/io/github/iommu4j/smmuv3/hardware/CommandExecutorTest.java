package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandError;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.GlobalError;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** IHI 0070 §4: what each command does and when it is illegal. */
class CommandExecutorTest {

    private static final Smmuv3Capabilities EVERYTHING = Smmuv3Capabilities.everything();

    private static Bench bench(UnaryOperator<Smmuv3Capabilities.Builder> change) {
        return new Bench(change.apply(EVERYTHING.toBuilder()).build()).withCommandQueue(4);
    }

    private static Bench bench() {
        return bench(builder -> builder);
    }

    private static Command of(CommandOpcode opcode) {
        return Command.of(opcode);
    }

    private static boolean isIllegal(Bench bench, Command command) {
        bench.submit(command);
        boolean illegal = bench.isActive(GlobalError.CMDQ_ERR);
        if (illegal) {
            assertThat(bench.error()).isEqualTo(CommandError.CERROR_ILL.code());
            assertThat(bench.log).isEmpty();
        }
        return illegal;
    }

    private static final Set<CommandOpcode> NEVER = EnumSet.of(
            CommandOpcode.CFGI_VMS_PIDM,
            CommandOpcode.TLBI_EL3_ALL,
            CommandOpcode.TLBI_EL3_VA,
            CommandOpcode.TLBI_S_EL2_ALL,
            CommandOpcode.TLBI_S_EL2_ASID,
            CommandOpcode.TLBI_S_EL2_VA,
            CommandOpcode.TLBI_S_EL2_VAA,
            CommandOpcode.TLBI_S_S12_VMALL,
            CommandOpcode.TLBI_S_S2_IPA,
            CommandOpcode.TLBI_SNH_ALL,
            CommandOpcode.DPTI_ALL,
            CommandOpcode.DPTI_PA);

    @ParameterizedTest
    @EnumSource(CommandOpcode.class)
    void commandsOfOtherQueuesAndAbsentExtensionsAreIllegal(CommandOpcode opcode) {
        Bench bench = bench(builder -> builder.enable(IdField.ATS, IdField.PRI).set(IdField.STALL_MODEL, 0));
        assertThat(isIllegal(bench, of(opcode))).isEqualTo(NEVER.contains(opcode));
    }

    @Test
    void everyReservedOpcodeIsIllegal() {
        for (int number = 0; number < 256; number++) {
            if (CommandOpcode.of(number).isEmpty()) {
                assertThat(isIllegal(bench(), new Command(number, 0)))
                        .as("0x%x", number)
                        .isTrue();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = CommandOpcode.class,
            names = {"CFGI_CD", "CFGI_CD_ALL", "TLBI_NH_ALL", "TLBI_NH_ASID", "TLBI_NH_VA", "TLBI_NH_VAA"})
    void stage1CommandsNeedStage1(CommandOpcode opcode) {
        assertThat(isIllegal(bench(builder -> builder.disable(IdField.S1P, IdField.HYP)), of(opcode)))
                .isTrue();
    }

    @ParameterizedTest
    @EnumSource(
            value = CommandOpcode.class,
            names = {"TLBI_S2_IPA", "TLBI_S12_VMALL"})
    void stage2CommandsNeedStage2(CommandOpcode opcode) {
        assertThat(isIllegal(bench(b -> b.disable(IdField.S2P, IdField.HYP, IdField.VMW)), of(opcode)))
                .isTrue();
    }

    @ParameterizedTest
    @EnumSource(value = CommandOpcode.class, mode = Mode.MATCH_ALL, names = "TLBI_EL2_.*")
    void el2CommandsNeedHyp(CommandOpcode opcode) {
        assertThat(isIllegal(bench(builder -> builder.disable(IdField.HYP)), of(opcode)))
                .isTrue();
    }

    @ParameterizedTest
    @EnumSource(
            value = CommandOpcode.class,
            names = {"ATC_INV", "PRI_RESP", "RESUME", "STALL_TERM"})
    void endpointAndStallCommandsNeedTheirProtocols(CommandOpcode opcode) {
        UnaryOperator<Smmuv3Capabilities.Builder> none = builder -> builder.disable(IdField.PRI, IdField.ATS)
                .set(IdField.STALL_MODEL, 1)
                .set(IdField.STALL_MAX, 0);
        assertThat(isIllegal(bench(none), of(opcode))).isTrue();
    }

    @ParameterizedTest
    @EnumSource(
            value = CommandOpcode.class,
            names = {
                "PREFETCH_CONFIG",
                "PREFETCH_ADDR",
                "CFGI_STE",
                "CFGI_STE_RANGE",
                "CFGI_CD",
                "CFGI_CD_ALL",
                "RESUME",
                "STALL_TERM"
            })
    void secureStreamsAreIllegal(CommandOpcode opcode) {
        Bench bench = bench(builder -> builder.set(IdField.STALL_MODEL, 0)).translating();
        assertThat(isIllegal(bench, of(opcode).with0(Command.SSEC, 1))).isTrue();
    }

    @Test
    void reservedParametersAreIllegal() {
        UnaryOperator<Smmuv3Capabilities.Builder> pcie = builder -> builder.enable(IdField.ATS, IdField.PRI);
        assertThat(isIllegal(bench(), of(CommandOpcode.SYNC).with0(Command.CS, 3)))
                .isTrue();
        assertThat(isIllegal(bench(pcie), of(CommandOpcode.PRI_RESP).with1(Command.RESP, 3)))
                .isTrue();
        assertThat(isIllegal(bench(pcie), of(CommandOpcode.ATC_INV).with1(Command.SIZE, 53)))
                .isTrue();
        assertThat(isIllegal(bench(pcie), of(CommandOpcode.ATC_INV).with1(Command.SIZE, 52)))
                .isFalse();
    }

    @Test
    void endpointsAreToldOnlyWhileTranslating() {
        Bench bench = bench(builder -> builder.enable(IdField.ATS, IdField.PRI));
        bench.submit(of(CommandOpcode.ATC_INV), of(CommandOpcode.PRI_RESP));
        assertThat(bench.log).isEmpty();
        bench.translating();
        bench.submit(of(CommandOpcode.ATC_INV), of(CommandOpcode.PRI_RESP));
        assertThat(bench.log)
                .containsExactly(
                        "InvalidateRequest(0x0, 0x0, 2^12 bytes)",
                        "PrgResponse[streamId=0, substreamId=-1, prgIndex=0, code=FAILURE]");
        assertThat(bench.read(SmmuRegister.CMDQ_CONS)).isEqualTo(4);
    }

    @Test
    void stallCommandsWithoutAStalledTransactionHaveNoEffect() {
        Bench bench = bench(builder -> builder.set(IdField.STALL_MODEL, 0));
        bench.submit(of(CommandOpcode.RESUME).with1(Command.RESUME_STAG, 7), of(CommandOpcode.STALL_TERM));
        assertThat(bench.read(SmmuRegister.CMDQ_CONS)).isEqualTo(2);
        assertThat(bench.log).isEmpty();
    }

    @Test
    void configurationInvalidationsNameStreams() {
        Bench bench = bench();
        Command sid = new Command(0x1234L << 32, 0);
        bench.submit(
                new Command(sid.dw0() | 0x03, 0),
                new Command(sid.dw0() | 0x03, 1),
                new Command(sid.dw0() | 0x04, 3),
                new Command(sid.dw0() | 0x04, 31),
                new Command(sid.dw0() | 0x04, 0),
                new Command(sid.dw0() | 0x05 | 0xABCDEL << 12, 0),
                new Command(sid.dw0() | 0x05 | 0xABCDEL << 12, 1),
                new Command(sid.dw0() | 0x06, 0));
        assertThat(bench.log)
                .containsExactly(
                        "ste 0x1234 all",
                        "ste 0x1234 leaf",
                        "steRange 0x1230 3",
                        "steRange 0x0 31",
                        "steRange 0x1234 0",
                        "cd 0x1234 0xabcde all",
                        "cd 0x1234 0xabcde leaf",
                        "cdAll 0x1234");
    }

    @Test
    void streamsThatCannotExistAreIgnored() {
        Bench bench =
                new Bench(Smmuv3Capabilities.linuxVirt10()).withCommandQueue(4).translating();
        long sid = 0x1_0000L << 32;
        bench.submit(
                new Command(sid | 0x01, 0),
                new Command(sid | 0x02, 0),
                new Command(sid | 0x03, 0),
                new Command(sid | 0x04, 3),
                new Command(sid | 0x05, 0),
                new Command(sid | 0x06, 0));
        bench.submit(new Command(0x1005, 0), new Command(0x1801, 0), new Command(sid | 0x04, 31));
        assertThat(bench.log).containsExactly("steRange 0x0 31");
        assertThat(bench.isActive(GlobalError.CMDQ_ERR)).isFalse();
    }

    @Test
    void prefetchesAreIgnoredUntilTranslating() {
        Bench bench = bench();
        bench.submit(of(CommandOpcode.PREFETCH_CONFIG), of(CommandOpcode.PREFETCH_ADDR));
        assertThat(bench.log).isEmpty();
        assertThat(bench.read(SmmuRegister.CMDQ_CONS)).isEqualTo(2);
    }

    @Test
    void prefetchesNameASubstreamOrNone() {
        Bench bench = bench().translating();
        bench.submit(
                of(CommandOpcode.PREFETCH_CONFIG).with0(Command.STREAM_ID, 9).with0(Command.SUBSTREAM_ID, 5),
                of(CommandOpcode.PREFETCH_CONFIG)
                        .with0(Command.STREAM_ID, 9)
                        .with0(Command.SUBSTREAM_ID, 5)
                        .with0(Command.SSV, 1));
        assertThat(bench.log).containsExactly("prefetch 0x9 -1", "prefetch 0x9 5");
    }

    @Test
    void prefetchedAddressesAreAStrideApart() {
        Bench bench = bench().translating();
        bench.submit(of(CommandOpcode.PREFETCH_ADDR)
                .with1(Command.ADDRESS, 0x10)
                .with1(Command.PREFETCH_SIZE, 1)
                .with1(Command.PREFETCH_STRIDE, 4));
        assertThat(bench.log).containsExactly("prefetch 0x0 -1 0x10000", "prefetch 0x0 -1 0x20000");
    }

    @Test
    void prefetchesEndAtTheTopAndHaveALimit() {
        Bench bench = bench().translating();
        Command huge = of(CommandOpcode.PREFETCH_ADDR).with1(Command.PREFETCH_SIZE, 31);
        bench.submit(huge);
        assertThat(bench.log).hasSize(CommandExecutor.LONGEST_PREFETCH);
        bench.log.clear();
        bench.submit(huge.with1(Command.ADDRESS, (1L << 52) - 2));
        assertThat(bench.log)
                .containsExactly("prefetch 0x0 -1 0xffffffffffffe000", "prefetch 0x0 -1 0xfffffffffffff000");
    }

    @ParameterizedTest
    @CsvSource({
        "TLBI_NH_ALL, 0, NH_ALL vmid=0x5678/0xffff asid=0x0 0x0-0xffffffffffffffff g=0 l=0 all",
        "TLBI_NH_ASID, 0, NH_ASID vmid=0x5678/0xffff asid=0x1234 0x0-0xffffffffffffffff g=0 l=0 all",
        "TLBI_NH_VA, 0, NH_VA vmid=0x5678/0xffff asid=0x1234 0xfabcdef01230000-0xfabcdef01230fff g=0 l=0 leaf",
        "TLBI_NH_VAA, 0, NH_VAA vmid=0x5678/0xffff asid=0x0 0xfabcdef01230000-0xfabcdef01230fff g=0 l=0 leaf",
        "TLBI_EL2_ALL, 0, EL2_ALL vmid=0x0/0x0 asid=0x0 0x0-0xffffffffffffffff g=0 l=0 all",
        "TLBI_EL2_ASID, 0, EL2_ASID vmid=0x0/0x0 asid=0x1234 0x0-0xffffffffffffffff g=0 l=0 all",
        "TLBI_EL2_VA, 0, EL2_VA vmid=0x0/0x0 asid=0x0 0xfabcdef01230000-0xfabcdef01230fff g=0 l=0 leaf",
        "TLBI_EL2_VA, 1, EL2_E2H_VA vmid=0x0/0x0 asid=0x1234 0xfabcdef01230000-0xfabcdef01230fff g=0 l=0 leaf",
        "TLBI_EL2_VAA, 0, EL2_VA vmid=0x0/0x0 asid=0x0 0xfabcdef01230000-0xfabcdef01230fff g=0 l=0 leaf",
        "TLBI_EL2_VAA, 1, EL2_E2H_VAA vmid=0x0/0x0 asid=0x0 0xfabcdef01230000-0xfabcdef01230fff g=0 l=0 leaf",
        "TLBI_S12_VMALL, 0, S12_VMALL vmid=0x5678/0xffff asid=0x0 0x0-0xffffffffffffffff g=0 l=0 all",
        "TLBI_S2_IPA, 0, S2_IPA vmid=0x5678/0xffff asid=0x0 0xabcdef01230000-0xabcdef01230fff g=0 l=0 leaf",
        "TLBI_NSNH_ALL, 0, NSNH_ALL vmid=0x0/0x0 asid=0x0 0x0-0xffffffffffffffff g=0 l=0 all",
    })
    void tlbInvalidationsNameTheirScope(CommandOpcode opcode, int e2h, String expected) {
        Bench bench = bench();
        bench.write(SmmuRegister.CR2, e2h);
        bench.submit(new Command(0x1234_5678_0000_0000L | opcode.number(), 0x0FAB_CDEF_0123_0001L));
        assertThat(bench.log).containsExactly(expected);
    }

    private static Command range(int tg, int num, int scale, int ttl, long address) {
        return of(CommandOpcode.TLBI_NH_VAA)
                .with0(Command.NUM, num)
                .with0(Command.SCALE, scale)
                .with1(Command.TG, tg)
                .with1(Command.TTL, ttl)
                .with1(Command.ADDRESS, address >>> 12);
    }

    @ParameterizedTest
    @CsvSource({
        "1, 3, 2, 0, 0x10000000, 0x1000ffff, 12, 0",
        "1, 0, 0, 3, 0x10000000, 0x10000fff, 12, 3",
        "1, 0, 9, 0, 0x10000000, 0x101fffff, 12, 0",
        "2, 0, 0, 2, 0x10003000, 0x10003fff, 14, 2",
        "2, 1, 0, 1, 0x10000000, 0x10007fff, 14, 0",
        "3, 0, 0, 1, 0x10000000, 0x1000ffff, 16, 1",
        "3, 31, 31, 0, 0x10000000, 0x1000000fffffff, 16, 0",
        "1, 31, 31, 0, 0xfffffffffffff000, 0xffffffffffffffff, 12, 0",
    })
    void rangesAreCountedInGranules(
            int tg, int num, int scale, int ttl, String address, String last, int granuleLg2, int level) {
        long first = Long.parseUnsignedLong(address.substring(2), 16) >>> granuleLg2 << granuleLg2;
        Bench bench = bench();
        bench.submit(range(tg, num, scale, ttl, Long.parseUnsignedLong(address.substring(2), 16)));
        assertThat(bench.log)
                .containsExactly(String.format(
                        "NH_VAA vmid=0x0/0xffff asid=0x0 0x%x-%s g=%d l=%d all", first, last, granuleLg2, level));
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "2, 0", "3, 0", "2, 1"})
    void aGranuleWithNeitherRangeNorLevelIsIllegal(int tg, int ttl) {
        assertThat(isIllegal(bench(), range(tg, 0, 0, ttl, 0x1000))).isTrue();
    }

    @Test
    void withoutAGranuleRangeAndLevelAreIgnored() {
        Bench bench = bench();
        bench.submit(range(0, 3, 2, 3, 0x5000));
        assertThat(bench.log).containsExactly("NH_VAA vmid=0x0/0xffff asid=0x0 0x5000-0x5fff g=0 l=0 all");
    }

    @Test
    void withoutRangeInvalidationTheGranuleIsIgnored() {
        Bench bench = bench(builder -> builder.disable(IdField.RIL));
        bench.submit(range(1, 0, 0, 0, 0x5000), range(3, 3, 2, 3, 0x5000));
        assertThat(bench.log)
                .containsExactly(
                        "NH_VAA vmid=0x0/0xffff asid=0x0 0x5000-0x5fff g=0 l=0 all",
                        "NH_VAA vmid=0x0/0xffff asid=0x0 0x5000-0x5fff g=0 l=0 all");
    }

    @Test
    void rangesWithoutAddressesAreNotRanges() {
        assertThat(isIllegal(bench(), of(CommandOpcode.TLBI_NH_ALL).with1(Command.TG, 1)))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({"0, 0xffff", "1, 0xfffe", "2, 0xfffc", "3, 0xfff8", "4, 0xfff0", "5, 0xffff", "7, 0xffff"})
    void vmidWildcardsWidenInvalidations(int vmw, String mask) {
        Bench bench = bench();
        bench.write(SmmuRegister.CR0, 8 | vmw << 6);
        bench.submit(of(CommandOpcode.TLBI_NH_ALL).with0(Command.VMID, 0x13));
        assertThat(bench.log)
                .containsExactly(String.format(
                        "NH_ALL vmid=0x%x/%s asid=0x0 0x0-0xffffffffffffffff g=0 l=0 all",
                        0x13 & Integer.decode(mask), mask));
    }

    @Test
    void withoutStage2EveryVmidMatches() {
        Bench bench = bench(b -> b.disable(IdField.S2P, IdField.HYP, IdField.VMW, IdField.VMID16));
        bench.submit(of(CommandOpcode.TLBI_NH_ALL).with0(Command.VMID, 0x1300));
        assertThat(bench.log).containsExactly("NH_ALL vmid=0x0/0x0 asid=0x0 0x0-0xffffffffffffffff g=0 l=0 all");
    }

    @Test
    void tagsThatCannotExistInvalidateNothing() {
        Bench bench = bench(builder -> builder.disable(IdField.ASID16, IdField.VMID16));
        bench.submit(
                of(CommandOpcode.TLBI_NH_ALL).with0(Command.VMID, 0x100),
                of(CommandOpcode.TLBI_NH_ASID).with0(Command.ASID, 0x100),
                of(CommandOpcode.TLBI_EL2_ASID).with0(Command.ASID, 0xFF00));
        assertThat(bench.log).isEmpty();
        bench.submit(
                of(CommandOpcode.TLBI_NH_ASID).with0(Command.ASID, 0xFF).with0(Command.VMID, 0xFF),
                of(CommandOpcode.TLBI_NH_VAA).with0(Command.ASID, 0x100));
        assertThat(bench.log).hasSize(2);
        assertThat(bench.read(SmmuRegister.CMDQ_CONS)).isEqualTo(5);
    }

    @Test
    void aCommandsSideEffectsComeBeforeItIsConsumed() {
        Bench bench = bench();
        long[] cons = new long[1];
        bench.duringInvalidation = () -> cons[0] = bench.read(SmmuRegister.CMDQ_CONS);
        bench.submit(of(CommandOpcode.TLBI_NSNH_ALL));
        assertThat(cons[0]).isZero();
        assertThat(bench.read(SmmuRegister.CMDQ_CONS)).isEqualTo(1);
    }
}
