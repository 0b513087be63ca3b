package io.github.iommu4j.testkit.fault;

import static io.github.iommu4j.testkit.fault.FaultRig.errno;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.FaultEvent.Traits;
import io.github.iommu4j.api.fault.FaultEvent.Unrecoverable;
import io.github.iommu4j.api.fault.FaultReason;
import io.github.iommu4j.api.fault.PageResponse;
import io.github.iommu4j.api.fault.PageResponse.Code;
import io.github.iommu4j.core.fault.FaultRecord;
import io.github.iommu4j.core.fault.ResponseRecord;
import io.github.iommu4j.testkit.layout.LayoutAssert;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Faults and answers as user space sees them. */
final class FaultRecordTest {

    private static byte[] bytes(long[] words) {
        ByteBuffer buffer = ByteBuffer.allocate(words.length * 8).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asLongBuffer().put(words);
        return buffer.array();
    }

    @Example
    void F20_fieldsOfARecordDoNotOverlap() throws ClassNotFoundException {
        String home = FaultRecord.class.getPackageName();
        LayoutAssert.fieldsFormWords(Class.forName(home + ".FaultLayout"), 5);
        LayoutAssert.fieldsFormWords(Class.forName(home + ".ResponseLayout"), 3);
    }

    @Example
    void F20_aPageRequestIs64BytesAsLinux61LaysThemOut() {
        byte[] bytes = bytes(FaultRecord.encode(new PageRequest(
                0x12345,
                0x1FF,
                FaultEvent.READ | FaultEvent.PRIVILEGED,
                0x1122_3344_5566_7000L,
                new Traits(true, true, List.of(7L, 9L)))));
        assertThat(bytes).hasSize(64);
        ByteBuffer read = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(read.getInt(0)).as("type").isEqualTo(2);
        assertThat(read.getInt(4)).as("padding").isZero();
        assertThat(read.getInt(8)).as("flags").isEqualTo(15);
        assertThat(read.getInt(12)).as("pasid").isEqualTo(0x12345);
        assertThat(read.getInt(16)).as("group").isEqualTo(0x1FF);
        assertThat(read.getInt(20)).as("perm").isEqualTo(9);
        assertThat(read.getLong(24)).as("addr").isEqualTo(0x1122_3344_5566_7000L);
        assertThat(read.getLong(32)).as("private data").isEqualTo(7);
        assertThat(read.getLong(40)).as("private data").isEqualTo(9);
        assertThat(read.getLong(48) | read.getLong(56)).isZero();
    }

    @Example
    void F20_anUnrecoverableFaultIs64BytesAsLinux61LaysThemOut() {
        ByteBuffer read = ByteBuffer.wrap(bytes(FaultRecord.encode(
                        new Unrecoverable(FaultReason.PERMISSION, FaultEvent.WRITE, 3, 0x4000, 0x8000))))
                .order(ByteOrder.LITTLE_ENDIAN);
        assertThat(read.getInt(0)).as("type").isEqualTo(1);
        assertThat(read.getInt(8)).as("reason").isEqualTo(6);
        assertThat(read.getInt(12)).as("flags").isEqualTo(7);
        assertThat(read.getInt(16)).as("pasid").isEqualTo(3);
        assertThat(read.getInt(20)).as("perm").isEqualTo(2);
        assertThat(read.getLong(24)).as("addr").isEqualTo(0x4000);
        assertThat(read.getLong(32)).as("fetch addr").isEqualTo(0x8000);
    }

    @Example
    void F20_numbersOfReasonsAndCodesAreTheKernels() {
        assertThat(FaultReason.values())
                .containsExactly(
                        FaultReason.UNKNOWN,
                        FaultReason.PASID_FETCH,
                        FaultReason.BAD_PASID_ENTRY,
                        FaultReason.PASID_INVALID,
                        FaultReason.WALK_EABT,
                        FaultReason.PTE_FETCH,
                        FaultReason.PERMISSION,
                        FaultReason.ACCESS,
                        FaultReason.OOR_ADDRESS);
        assertThat(Code.values()).containsExactly(Code.SUCCESS, Code.INVALID, Code.FAILURE);
    }

    @Provide
    Arbitrary<FaultEvent> events() {
        Arbitrary<Integer> pasids = Arbitraries.integers().between(-1, (1 << 20) - 1);
        Arbitrary<Integer> permissions = Arbitraries.integers().between(0, 15);
        Arbitrary<Long> words = Arbitraries.longs();
        Arbitrary<FaultEvent> unrecoverable = Combinators.combine(
                        Arbitraries.of(FaultReason.values()), permissions, pasids, words, words)
                .as(Unrecoverable::new);
        Arbitrary<List<Long>> data = Arbitraries.oneOf(
                Arbitraries.just(List.<Long>of()), words.list().ofSize(2));
        Arbitrary<Boolean> flags = Arbitraries.of(true, false);
        Arbitrary<FaultEvent> requests = Combinators.combine(
                        pasids, Arbitraries.integers(), permissions, words, flags, flags, data)
                .as((pasid, group, wanted, address, last, needs, privateData) -> new PageRequest(
                        pasid, group, wanted, address, new Traits(last, needs && pasid >= 0, privateData)));
        return Arbitraries.oneOf(unrecoverable, requests);
    }

    @Property(tries = 500)
    void F20_whatIsWrittenIsRead(@ForAll("events") FaultEvent event) {
        long[] words = FaultRecord.encode(event);
        assertThat(FaultRecord.decode(words)).isEqualTo(event);
        assertThat(FaultRecord.decode(bytes(words))).isEqualTo(event);
    }

    @Property(tries = 1000)
    void F20_anyBitsAreAFaultOrRefusedWithEinval(@ForAll("events") FaultEvent event, @ForAll long garbage) {
        long[] words = FaultRecord.encode(event);
        words[(int) Math.floorMod(garbage, 8L)] ^= garbage;
        Errno refusal = errno(() -> {
            FaultEvent read = FaultRecord.decode(words);
            assertThat(FaultRecord.decode(FaultRecord.encode(read))).isEqualTo(read);
        });
        assertThat(refusal).isIn(null, Errno.EINVAL);
    }

    private static void refused(long[] words) {
        assertThat(errno(() -> FaultRecord.decode(words))).isEqualTo(Errno.EINVAL);
    }

    private static long[] with(FaultEvent event, int word, long bits) {
        long[] words = FaultRecord.encode(event);
        words[word] = bits;
        return words;
    }

    @Example
    void F20_everyMalformedFaultIsRefused() {
        FaultEvent request = new PageRequest(-1, 1, 1, 0, Traits.LAST);
        FaultEvent event = new Unrecoverable(FaultReason.UNKNOWN, 1, -1, 0, 0);
        refused(new long[7]);
        assertThat(errno(() -> FaultRecord.decode(new byte[63]))).isEqualTo(Errno.EINVAL);
        for (long type : new long[] {0, 3, 0xFFFF_FFFFL, 1L << 32 | 2}) {
            refused(with(request, 0, type));
        }
        refused(with(request, 1, 16));
        refused(with(request, 1, 8));
        refused(with(request, 1, 1 | 1L << 52));
        refused(with(request, 1, 1 | 0xFFFF_FFFFL << 32));
        refused(with(request, 2, 16L << 32));
        refused(with(request, 6, 1));
        refused(with(request, 7, 1));
        refused(with(event, 1, 9));
        refused(with(event, 1, 0xFFFF_FFFFL));
        refused(with(event, 1, 8L << 32));
        refused(with(event, 2, 1L << 63));
        refused(with(event, 5, 1));
        refused(with(event, 6, 1));
        assertThat(errno(() -> FaultRecord.encode(new PageRequest(1 << 20, 1, 1, 0, Traits.LAST))))
                .isEqualTo(Errno.EINVAL);
        assertThat(errno(() -> FaultRecord.encode(new PageRequest(-2, 1, 1, 0, Traits.LAST))))
                .isEqualTo(Errno.EINVAL);
        assertThat(errno(() -> FaultRecord.encode(new PageRequest(1, 1, 16, 0, Traits.LAST))))
                .isEqualTo(Errno.EINVAL);
    }

    @Example
    void F20_whatIsNotValidIsNotLookedAt() {
        long[] words = with(new PageRequest(-1, 1, 1, 0, Traits.LAST), 1, 2 | 0xABCD_EF12L << 32);
        words[4] = 77;
        assertThat(FaultRecord.decode(words)).isEqualTo(new PageRequest(-1, 1, 1, 0, Traits.LAST));
        long[] event = with(new Unrecoverable(FaultReason.UNKNOWN, 1, -1, 0x1000, 0x2000), 1, 0);
        assertThat(FaultRecord.decode(event)).isEqualTo(new Unrecoverable(FaultReason.UNKNOWN, 1, -1, 0, 0));
    }

    @Property(tries = 200)
    void F20_anAnswerIs24Bytes(@ForAll int pasid, @ForAll int group, @ForAll Code code, @ForAll boolean hasPasid) {
        PageResponse response = new PageResponse(hasPasid ? pasid & 0xFFFFF : -1, group, code);
        byte[] bytes = ResponseRecord.of(response).toBytes();
        assertThat(bytes).hasSize(24);
        ByteBuffer read = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(read.getInt()).isEqualTo(24);
        assertThat(read.getInt()).isEqualTo(1);
        assertThat(read.getInt()).isEqualTo(hasPasid ? 1 : 0);
        assertThat(read.getInt()).isEqualTo(hasPasid ? pasid & 0xFFFFF : 0);
        assertThat(read.getInt()).isEqualTo(group);
        assertThat(read.getInt()).isEqualTo(code.ordinal());
        assertThat(ResponseRecord.fromBytes(bytes).decode()).isEqualTo(response);
        assertThat(errno(() -> ResponseRecord.fromBytes(new byte[23]))).isEqualTo(Errno.EINVAL);
    }
}
