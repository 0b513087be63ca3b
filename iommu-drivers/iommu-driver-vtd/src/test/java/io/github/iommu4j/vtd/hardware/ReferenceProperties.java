package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.vtd.layout.TableMode;
import io.github.iommu4j.vtd.reference.Chip;
import io.github.iommu4j.vtd.reference.ReferenceVtd;
import io.github.iommu4j.vtd.reference.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Random structures, tables, capabilities and requests: the model says and writes what the reference does. */
class ReferenceProperties {

    private static final int REQUESTS = 60;
    /** All but 7Dh and 91h, which need memory that can be read and not written. */
    private static final List<Integer> REACHABLE = List.of(
            -1, 0, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x30, 0x31, 0x38,
            0x39, 0x3A, 0x40, 0x41, 0x42, 0x44, 0x45, 0x46, 0x48, 0x50, 0x51, 0x52, 0x58, 0x59, 0x5A, 0x5B, 0x5C, 0x5D,
            0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x7B, 0x7C, 0x80, 0x81, 0x82, 0x83, 0x84,
            0x85, 0x86, 0x87, 0x90);

    @Property(tries = 400)
    void withoutCachesModelAndReferenceAgree(@ForAll long seed) {
        compare(seed, CacheGeometry.OFF);
    }

    @Property(tries = 200)
    void theFirstAnswerOfAColdUnitIsTheReferences(@ForAll long seed) {
        compare(seed, CacheGeometry.DEFAULT);
    }

    @Property(tries = 200)
    void anExplanationForetellsAndChangesNothing(@ForAll long seed) {
        Random random = new Random(seed);
        VtdCapabilities has = RandomMachine.capabilities(random);
        RandomMachine machine = new RandomMachine(random, has);
        long rtaddr = machine.write();
        Translator unit = unit(machine.memory, has, CacheGeometry.DEFAULT, new ArrayList<>());
        unit.control(new ControlState(true, TableMode.of(rtaddr), rtaddr & -4096));
        for (int i = 0; i < REQUESTS; i++) {
            DmaRequest request = machine.request();
            long[] before = words(machine.memory);
            var explanation = unit.explain(request);
            assertThat(words(machine.memory)).isEqualTo(before);
            unit.caches().everything();
            assertThat(unit.translate(request)).as(explanation.toText()).isEqualTo(explanation.result());
        }
    }

    /** An update at one level may be what another level finds, where tables lead to themselves. */
    @Test
    void anExplanationSeesTheUpdatesItForetells() {
        anExplanationForetellsAndChangesNothing(-279_165);
    }

    /** A comparison that never reaches a rule says nothing about it. */
    @Test
    void randomMachinesReachEveryFaultAndMostlyTranslate() {
        Map<Integer, Integer> found = new TreeMap<>();
        int total = 0;
        for (long seed = 0; seed < 1000; seed++) {
            Random random = new Random(seed);
            VtdCapabilities has = RandomMachine.capabilities(random);
            RandomMachine machine = new RandomMachine(random, has);
            long rtaddr = machine.write();
            ReferenceVtd reference =
                    new ReferenceVtd(machine.memory, new Chip(has.cap(), has.ecap(), has.hostAddressWidth()));
            for (int i = 0; i < REQUESTS; i++) {
                found.merge(reference.translate(rtaddr, machine.request()).code(), 1, Integer::sum);
                total++;
            }
        }
        assertThat(found.keySet()).containsAll(REACHABLE);
        assertThat(found.getOrDefault(-1, 0)).as("%s", found).isGreaterThan(total / 10);
    }

    private static void compare(long seed, CacheGeometry caches) {
        Random random = new Random(seed);
        VtdCapabilities has = RandomMachine.capabilities(random);
        RandomMachine machine = new RandomMachine(random, has);
        long rtaddr = machine.write();
        List<FaultReport> reports = new ArrayList<>();
        Translator unit = unit(machine.memory, has, caches, reports);
        unit.control(new ControlState(true, TableMode.of(rtaddr), rtaddr & -4096));
        ReferenceVtd reference =
                new ReferenceVtd(machine.memory, new Chip(has.cap(), has.ecap(), has.hostAddressWidth()));
        for (int i = 0; i < REQUESTS; i++) {
            DmaRequest request = machine.request();
            Verdict verdict = reference.translate(rtaddr, request);
            long[] expected = words(machine.memory);
            verdict.updates().forEach((at, bits) -> expected[(int) (at >> 3)] |= bits);
            String what = request + " " + verdict;
            reports.clear();
            unit.caches().everything();
            assertSame(what, verdict, unit.translate(request));
            assertThat(reports).as(what).hasSize(verdict.recorded() ? 1 : 0);
            assertThat(words(machine.memory)).as(what).isEqualTo(expected);
        }
    }

    private static void assertSame(String what, Verdict verdict, Translation answer) {
        if (answer instanceof Translation.Ok ok) {
            assertThat(verdict.isOk()).as(what).isTrue();
            assertThat(ok.pa()).as(what).isEqualTo(verdict.pa());
            assertThat(ok.sizeLg2()).as(what).isEqualTo(verdict.sizeLg2());
            assertThat(ok.permissions()).as(what).isEqualTo(verdict.rights());
        } else {
            Translation.Fault fault = (Translation.Fault) answer;
            assertThat(fault.code()).as(what).isEqualTo(verdict.code());
            assertThat(fault.recorded()).as(what).isEqualTo(verdict.recorded());
        }
    }

    private static Translator unit(
            SparseMemory memory, VtdCapabilities has, CacheGeometry caches, List<FaultReport> reports) {
        FaultSink sink = (reason, sid, pasid, info, attributes) ->
                reports.add(new FaultReport(reason, sid, pasid, info, attributes));
        return new Translator(memory, new Unit(has, new Deviations(Set.of())), sink, caches);
    }

    private static long[] words(SparseMemory memory) {
        long[] words = new long[(int) (RandomMachine.RAM >> 3)];
        memory.loadRun64(0, words, words.length);
        return words;
    }
}
