package io.github.iommu4j.vtd.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.testkit.layout.LayoutAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Descriptors of the queues, against words that were captured or worked out by hand. */
class QueueLayoutTest {

    private final SparseMemory memory = new SparseMemory();

    @Test
    void capturedDescriptorsAreWhatTheFactoriesMake() {
        assertThat(InvalidationDescriptor.iotlbPages(4, 0xFFFD_8000L, 0).draining())
                .isEqualTo(new InvalidationDescriptor(0x4_00F2, 0xFFFD_8000L, 0, 0));
        assertThat(InvalidationDescriptor.waiting().writing(0x11C_7C04, 2))
                .isEqualTo(new InvalidationDescriptor(0x2_0000_0025L, 0x11C_7C04, 0, 0));
        assertThat(InvalidationDescriptor.pasidCache(6, 0)).isEqualTo(new InvalidationDescriptor(0x6_0017, 0, 0, 0));
        assertThat(InvalidationDescriptor.pasidIotlb(6, 0)).isEqualTo(new InvalidationDescriptor(0x6_0026, 0, 0, 0));
        assertThat(InvalidationDescriptor.pasidIotlbPages(4, 0, 0xFFFD_0000L, 3).leavesOnly())
                .isEqualTo(new InvalidationDescriptor(0x4_0036, 0xFFFD_0043L, 0, 0));
    }

    @Test
    void waitsAreMadeOfTheirParts() {
        InvalidationDescriptor wait =
                InvalidationDescriptor.waiting().writing(0, 2).interrupting();
        assertThat(wait.q0()).isEqualTo(0x2_0000_0035L);
        assertThat(wait.fencing().q0()).isEqualTo(0x2_0000_0075L);
        assertThat(wait.drainingPageRequests().q0()).isEqualTo(0x2_0000_00B5L);
    }

    @Test
    void contextAndInterruptEntryDescriptorsHaveTheirFields() {
        assertThat(InvalidationDescriptor.contextGlobal().q0()).isEqualTo(0x11);
        assertThat(InvalidationDescriptor.contextDomain(0x1234).q0()).isEqualTo(0x1234_0021L);
        assertThat(InvalidationDescriptor.contextDevice(0x1234, 0xABCD, 3).q0()).isEqualTo(0x0003_ABCD_1234_0031L);
        assertThat(InvalidationDescriptor.iotlbGlobal().q0()).isEqualTo(0x12);
        assertThat(InvalidationDescriptor.iotlbDomain(9).q0()).isEqualTo(0x9_0022);
        assertThat(InvalidationDescriptor.pasidCacheGlobal().q0()).isEqualTo(0x37);
        assertThat(InvalidationDescriptor.pasidCacheDomain(7).q0()).isEqualTo(0x7_0007);
        assertThat(InvalidationDescriptor.interruptEntriesGlobal().q0()).isEqualTo(4);
        assertThat(InvalidationDescriptor.interruptEntries(0x8017, 5).q0()).isEqualTo(0x8017_2800_0014L);
    }

    @ParameterizedTest
    @CsvSource({
        "0x200000, 9, 0x2FF000",
        "0x212345, 9, 0x2FF000",
        "0x3000, 0, 0x3000",
        "0x2000, 1, 0x2000",
        "0x0, 52, 0x7FFFFFFFFFFFF000",
        "0x40000000, 18, 0x5FFFF000"
    })
    void theSizeOfADeviceInvalidationIsTheLowestZeroBit(String address, int sizeLg2, String word) {
        long start = Long.decode(address);
        long expected = Long.decode(word);
        InvalidationDescriptor plain = InvalidationDescriptor.deviceTlb(0x38, start, sizeLg2);
        InvalidationDescriptor withPasid = InvalidationDescriptor.pasidDeviceTlb(0x38, 5, start, sizeLg2);
        assertThat(plain.q1()).isEqualTo(expected | (sizeLg2 == 0 ? 0 : 1));
        assertThat(withPasid.q1()).isEqualTo(expected | (sizeLg2 == 0 ? 0 : 0x800));
        assertThat(plain.deviceSizeLg2()).isEqualTo(sizeLg2);
        assertThat(withPasid.deviceSizeLg2()).isEqualTo(sizeLg2);
        assertThat(plain.deviceAddress()).isEqualTo(withPasid.deviceAddress());
        assertThat(plain.sid()).isEqualTo(0x38);
        assertThat(withPasid.sid()).isEqualTo(0x38);
        assertThat(withPasid.everyPasid().q1()).isEqualTo(withPasid.q1() | 1);
    }

    @Test
    void onesAllTheWayUpAreEveryPage() {
        InvalidationDescriptor all = new InvalidationDescriptor(3, -1L << 12 | 1, 0, 0);
        assertThat(all.deviceSizeLg2()).isEqualTo(InvalidationDescriptor.ALL_PAGES);
        assertThat(all.deviceAddress()).isZero();
    }

    @Test
    void aPhysicalFunctionIsSplitInTwo() {
        InvalidationDescriptor plain = InvalidationDescriptor.deviceTlb(0, 0, 0).throttled(0xABCD, 7);
        assertThat(plain.q0()).isEqualTo(0xABC0_0000_0007_D003L);
        assertThat(plain.pfsid()).isEqualTo(0xABCD);
        InvalidationDescriptor withPasid =
                InvalidationDescriptor.pasidDeviceTlb(0, 0, 0, 0).throttled(0xABCD, 7);
        assertThat(withPasid.q0()).isEqualTo(0xABC0_0000_0000_D078L);
        assertThat(withPasid.pfsid()).isEqualTo(0xABCD);
    }

    @ParameterizedTest
    @EnumSource(InvalidationType.class)
    void typesAreFoundByCodeAndReserveNoBitOfTheirType(InvalidationType type) {
        assertThat(InvalidationType.of(type.code())).contains(type);
        assertThat(type.reserved0() & 0xE0F).isZero();
        assertThat(type.isWideOnly()).isEqualTo(type.code() > 5);
    }

    @Test
    void otherCodesAreReserved() {
        assertThat(InvalidationType.of(0)).isEmpty();
        assertThat(InvalidationType.of(10)).isEmpty();
        assertThat(InvalidationType.of(0x11)).isEmpty();
        InvalidationDescriptor highType = new InvalidationDescriptor(0x201, 0, 0, 0);
        assertThat(highType.code()).isEqualTo(0x11);
        assertThat(highType.type()).isEmpty();
        assertThat(highType)
                .hasToString("type 0x11 [0000000000000201 " + "0000000000000000 0000000000000000 0000000000000000]");
    }

    @Test
    void descriptorsAreReadAsTheyWereWritten() {
        InvalidationDescriptor wide = new InvalidationDescriptor(0x6_0026, 2, 3, 4);
        wide.writeTo(memory, 0x1000, 32);
        assertThat(InvalidationDescriptor.readFrom(memory, 0x1000, 32)).isEqualTo(wide);
        assertThat(InvalidationDescriptor.readFrom(memory, 0x1000, 16))
                .isEqualTo(new InvalidationDescriptor(0x6_0026, 2, 0, 0));
        wide.writeTo(memory, 0x2000, 16);
        assertThat(memory.load64(0x2010)).isZero();
        assertThat(wide)
                .hasToString("PASID_IOTLB [0000000000060026 " + "0000000000000002 0000000000000003 0000000000000004]");
        assertThat(wide.did()).isEqualTo(6);
        assertThat(wide.pasid()).isZero();
    }

    @Test
    void aPageRequestHasItsFields() {
        PageRequestDescriptor request = PageRequestDescriptor.of(0x38, 0x1FF, 0x1234_5678L)
                .ofPasid(0x12345)
                .toRead()
                .toWrite()
                .toExecute()
                .privileged()
                .last()
                .withPrivateData(11, 12);
        assertThat(request).isEqualTo(new PageRequestDescriptor(0x0031_2345_0038_0301L, 0x1234_5FFFL, 11, 12));
        assertThat(request.rid()).isEqualTo(0x38);
        assertThat(request.pasid()).isEqualTo(0x12345);
        assertThat(request.group()).isEqualTo(0x1FF);
        assertThat(request.page()).isEqualTo(0x1234_5000L);
        request.writeTo(memory, 0x40);
        assertThat(PageRequestDescriptor.readFrom(memory, 0x40)).isEqualTo(request);
        assertThat(request).asString().startsWith("page request rid=0x0038 pasid=74565 group=511 page=0x12345000 [");
    }

    @Test
    void onlyLastRequestsAndThoseWithPrivateDataAreAnswered() {
        PageRequestDescriptor plain = PageRequestDescriptor.of(1, 2, 0x3000);
        assertThat(plain.pasid()).isEqualTo(-1);
        assertThat(plain.toRead().needsResponse()).isFalse();
        assertThat(plain.toRead().last().needsResponse()).isTrue();
        assertThat(plain.toWrite().last().needsResponse()).isTrue();
        assertThat(plain.toRead().withPrivateData(1, 2).needsResponse()).isTrue();
        assertThat(plain.last().needsResponse()).isFalse();
    }

    @Test
    void aResponseRepeatsWhatTheRequestSaid() {
        PageRequestDescriptor request =
                PageRequestDescriptor.of(0x38, 5, 0x3000).ofPasid(9).last().withPrivateData(7, 8);
        PageGroupResponse response = PageGroupResponse.to(request, PageGroupResponse.INVALID);
        assertThat(response.descriptor()).isEqualTo(new InvalidationDescriptor(0x9_0038_1039L, 0x2C, 7, 8));
        assertThat(response.code()).isEqualTo(1);
        assertThat(response.rid()).isEqualTo(0x38);
        assertThat(response.pasid()).isEqualTo(9);
        assertThat(response.group()).isEqualTo(5);
        assertThat(response.isLast()).isTrue();
        assertThat(response.hasPrivateData()).isTrue();
        PageGroupResponse plain = PageGroupResponse.to(PageRequestDescriptor.of(0x38, 5, 0x3000), 0xF);
        assertThat(plain.descriptor()).isEqualTo(new InvalidationDescriptor(0x38_F009L, 0x28, 0, 0));
        assertThat(plain.pasid()).isEqualTo(-1);
        assertThat(plain.isLast()).isFalse();
        assertThat(plain.hasPrivateData()).isFalse();
        assertThatThrownBy(() -> new PageGroupResponse(InvalidationDescriptor.waiting()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("WAIT");
    }

    @Test
    void fieldsDoNotOverlap() {
        LayoutAssert.fieldsFormWords(PageRequestDescriptor.class, 2);
        LayoutAssert.fieldsFormWords(PageGroupResponse.class, 2);
    }
}
