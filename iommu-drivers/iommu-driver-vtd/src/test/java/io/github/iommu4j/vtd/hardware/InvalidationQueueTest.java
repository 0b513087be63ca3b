package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.InvalidateRequest;
import io.github.iommu4j.api.dma.PrgResponse;
import io.github.iommu4j.vtd.layout.InvalidationDescriptor;
import io.github.iommu4j.vtd.layout.PageGroupResponse;
import io.github.iommu4j.vtd.layout.PageRequestDescriptor;
import io.github.iommu4j.vtd.layout.VtdRegister;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InvalidationQueueTest {

    private static final InvalidationDescriptor DEVICE = InvalidationDescriptor.deviceTlb(0x38, 0x20_0000, 9);
    private static final long STATUS = 0x8000;

    private final RegisterRig rig = RegisterRig.of(Units.FULL);

    private static InvalidationDescriptor writing(int data) {
        return InvalidationDescriptor.waiting().writing(STATUS, data);
    }

    private static InvalidationDescriptor raw(long q0, long q1) {
        return new InvalidationDescriptor(q0, q1, 0, 0);
    }

    @Test
    void everyDescriptorReachesItsCache() {
        rig.startQueue();
        rig.submit(
                InvalidationDescriptor.contextGlobal(),
                InvalidationDescriptor.contextDomain(7),
                InvalidationDescriptor.contextDevice(7, 0x1234, 3),
                InvalidationDescriptor.iotlbGlobal(),
                InvalidationDescriptor.iotlbDomain(7),
                InvalidationDescriptor.iotlbPages(7, 0x12_3000, 18).draining(),
                InvalidationDescriptor.iotlbPages(7, 0x12_3000, 0).leavesOnly(),
                InvalidationDescriptor.pasidIotlb(7, 9),
                InvalidationDescriptor.pasidIotlbPages(7, 9, 0x5000, 63),
                InvalidationDescriptor.pasidIotlbPages(7, 9, 0x5000, 1).leavesOnly(),
                InvalidationDescriptor.pasidCacheGlobal(),
                InvalidationDescriptor.pasidCacheDomain(7),
                InvalidationDescriptor.pasidCache(7, 9));
        assertThat(rig.translation.taken())
                .containsExactly(
                        "context global",
                        "context domain 7",
                        "context device 7 1234 3",
                        "iotlb global",
                        "iotlb domain 7",
                        "iotlb pages 7 123000 18",
                        "iotlb pages 7 123000 0 leaves",
                        "pasid-iotlb 7 9",
                        "pasid-iotlb pages 7 9 5000 63",
                        "pasid-iotlb pages 7 9 5000 1 leaves",
                        "pasid global",
                        "pasid domain 7",
                        "pasid 7 9");
        assertThat(rig.status()).isZero();
        assertThat(rig.read(VtdRegister.IQH)).isEqualTo(13 * 32);
        assertThat(rig.vtd.counters().queues().descriptors()).isEqualTo(13);
    }

    @Test
    void withoutPageSelectionPagesAreTheDomain() {
        RegisterRig other = RegisterRig.of(Units.cap(Units.CAP & ~(1L << 39)));
        other.startQueue();
        other.submit(InvalidationDescriptor.iotlbPages(7, 0, 63));
        assertThat(other.translation.taken()).containsExactly("iotlb domain 7");
    }

    @Test
    void aNarrowQueueHas256DescriptorsAndWraps() {
        RegisterRig plain = RegisterRig.of(Units.PLAIN);
        plain.write(VtdRegister.IQA, RegisterRig.QUEUE);
        plain.command(RegisterRig.QIE);
        for (int i = 0; i < 300; i++) {
            plain.submit(InvalidationDescriptor.iotlbDomain(i));
        }
        assertThat(plain.translation.taken()).hasSize(300).endsWith("iotlb domain 299");
        assertThat(plain.read(VtdRegister.IQH)).isEqualTo(44 * 16);
    }

    @Test
    void waitsSignalInMemoryAndByInterrupt() {
        rig.startQueue();
        rig.submit(writing(2).interrupting().fencing().drainingPageRequests(), InvalidationDescriptor.waiting());
        assertThat(rig.memory.load32(STATUS)).isEqualTo(2);
        assertThat(rig.read(VtdRegister.ICS)).isEqualTo(1);
        assertThat(rig.read(VtdRegister.IQH)).isEqualTo(0x40);
    }

    @Test
    void waitsThatDoBothOrNeitherAreErrorsOnlyAsADeviation() {
        for (InvalidationDescriptor wait :
                new InvalidationDescriptor[] {writing(2).interrupting(), InvalidationDescriptor.waiting()}) {
            RegisterRig other = RegisterRig.of(Units.FULL, VtdDeviation.WAIT_DOES_ONE_THING);
            other.startQueue();
            other.submit(writing(1), wait);
            assertThat(other.memory.load32(STATUS)).isEqualTo(1);
            assertThat(other.status()).isEqualTo(RegisterRig.IQE);
            assertThat(other.queueError()).isEqualTo(4);
        }
    }

    @Test
    void aStatusWriteThatNobodyTakesIsLost() {
        RegisterRig empty = RegisterRig.withoutMemory(Units.FULL);
        empty.memory.addRam(RegisterRig.QUEUE, 0x1000);
        empty.startQueue();
        empty.submit(writing(1), InvalidationDescriptor.iotlbGlobal());
        assertThat(empty.status()).isZero();
        assertThat(empty.translation.taken()).containsExactly("iotlb global");
    }

    @ParameterizedTest
    @CsvSource({
        "0x0, 0, 3", "0xA, 0, 3", "0x201, 0, 3", "0x1, 0, 4", "0x51, 0, 4", "0x11, 1, 4",
        "0x2, 0, 4", "0x100000012, 0, 4", "0x32, 19, 4", "0x32, 0x80, 4", "0x13, 0, 4", "0x3, 2, 4",
        "0x24, 0, 4", "0x105, 0, 4", "0x25, 1, 4", "0x6, 0, 4", "0x16, 0, 4", "0x66, 0, 4",
        "0x27, 0, 4", "0x37, 1, 4", "0x8, 2, 4", "0x49, 0, 4", "0x9, 1, 4"
    })
    void anInvalidDescriptorStopsTheQueue(String q0, String q1, int info) {
        rig.startQueue();
        rig.submit(
                InvalidationDescriptor.iotlbGlobal(),
                raw(Long.decode(q0), Long.decode(q1)),
                InvalidationDescriptor.iotlbDomain(1));
        assertThat(rig.status()).isEqualTo(RegisterRig.IQE);
        assertThat(rig.queueError()).isEqualTo(info);
        assertThat(rig.read(VtdRegister.IQH)).isEqualTo(0x20);
        assertThat(rig.translation.taken()).containsExactly("iotlb global");
    }

    @Test
    void theUpperHalfOfAWideDescriptorIsReserved() {
        rig.startQueue();
        rig.submit(new InvalidationDescriptor(0x12, 0, 0, 1));
        assertThat(rig.queueError()).isEqualTo(4);
        RegisterRig other = RegisterRig.of(Units.FULL);
        other.startQueue();
        other.submit(new InvalidationDescriptor(9, 0, 1, 0));
        assertThat(other.queueError()).isEqualTo(4);
    }

    @Test
    void aQueueGoesOnAtTheDescriptorThatWasBad() {
        RegisterRig plain = RegisterRig.of(Units.PLAIN);
        plain.write(VtdRegister.IQA, RegisterRig.QUEUE);
        plain.command(RegisterRig.QIE);
        for (int i = 0; i < 5; i++) {
            plain.submit(InvalidationDescriptor.iotlbGlobal());
        }
        plain.submit(raw(0, 0), InvalidationDescriptor.iotlbDomain(6));
        assertThat(plain.read(VtdRegister.IQH)).isEqualTo(0x50);
        plain.translation.taken();
        plain.submit(InvalidationDescriptor.iotlbDomain(7));
        assertThat(plain.translation.taken()).isEmpty();
        InvalidationDescriptor.iotlbDomain(5).writeTo(plain.memory, RegisterRig.QUEUE + 0x50, 16);
        plain.write(VtdRegister.FSTS, RegisterRig.IQE);
        assertThat(plain.translation.taken()).containsExactly("iotlb domain 5", "iotlb domain 6", "iotlb domain 7");
        assertThat(plain.status()).isZero();
    }

    @Test
    void aUnitThatDeviatesGoesOnWithTheNextTail() {
        RegisterRig other = RegisterRig.of(Units.FULL, VtdDeviation.QUEUE_RESUMES_ON_TAIL_WRITE);
        other.startQueue();
        other.submit(raw(0, 0));
        InvalidationDescriptor.iotlbGlobal().writeTo(other.memory, RegisterRig.QUEUE, 32);
        other.write(VtdRegister.FSTS, RegisterRig.IQE);
        assertThat(other.vtd.step()).isFalse();
        assertThat(other.translation.taken()).isEmpty();
        other.write(VtdRegister.IQT, 0x20);
        assertThat(other.translation.taken()).containsExactly("iotlb global");
    }

    @Test
    void aTailOutsideTheQueueIsAnError() {
        rig.startQueue();
        rig.write(VtdRegister.IQT, 0x1000);
        assertThat(rig.queueError()).isEqualTo(1);
        assertThat(rig.status()).isEqualTo(RegisterRig.IQE);
        rig.write(VtdRegister.FSTS, RegisterRig.IQE);
        assertThat(rig.status()).isEqualTo(RegisterRig.IQE);
        rig.write(VtdRegister.IQT, 0);
        rig.write(VtdRegister.FSTS, RegisterRig.IQE);
        assertThat(rig.status()).isZero();
    }

    @Test
    void aTailBetweenWideDescriptorsIsAnError() {
        rig.startQueue();
        rig.write(VtdRegister.IQT, 0x30);
        assertThat(rig.queueError()).isEqualTo(6);
    }

    @Test
    void aQueueThatShrinksBelowItsHeadIsAnError() {
        rig.write(VtdRegister.IQA, RegisterRig.QUEUE | RegisterRig.WIDE | 1);
        rig.command(RegisterRig.QIE);
        for (int i = 0; i < 130; i++) {
            rig.submit(InvalidationDescriptor.waiting());
        }
        rig.write(VtdRegister.IQA, RegisterRig.QUEUE | RegisterRig.WIDE);
        rig.write(VtdRegister.IQT, 0x20);
        assertThat(rig.queueError()).isEqualTo(1);
    }

    @Test
    void aQueueThatMemoryDoesNotAnswerIsAFetchError() {
        RegisterRig empty = RegisterRig.withoutMemory(Units.FULL);
        empty.startQueue();
        empty.write(VtdRegister.IQT, 0x40);
        assertThat(empty.queueError()).isEqualTo(2);
        assertThat(empty.read(VtdRegister.IQH)).isZero();
    }

    @Test
    void wideDescriptorsNeedAUnitThatHasThem() {
        RegisterRig plain = RegisterRig.of(Units.PLAIN);
        plain.write(VtdRegister.IQA, RegisterRig.QUEUE | RegisterRig.WIDE);
        assertThat(plain.queueError()).isEqualTo(5);
        assertThat(plain.status()).isEqualTo(RegisterRig.IQE);
        RegisterRig aborting = RegisterRig.of(Units.ecap(0xf02 | 1L << 52));
        aborting.write(VtdRegister.IQA, RegisterRig.QUEUE | RegisterRig.WIDE);
        assertThat(aborting.status()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"0x400, 0, 5", "0x800, 0x800, 7", "0xC00, 0x800, 7", "0x400, 0x800, 0", "0, 0x800, 0", "0, 0, 0"})
    void theTableModeMustGoWithTheQueue(String mode, String width, int info) {
        rig.write(VtdRegister.RTADDR, Long.decode(mode));
        rig.command(RegisterRig.SRTP);
        rig.write(VtdRegister.IQA, RegisterRig.QUEUE | Long.decode(width));
        rig.command(RegisterRig.QIE);
        rig.submit(InvalidationDescriptor.iotlbGlobal());
        assertThat(rig.queueError()).isEqualTo(info);
    }

    @Test
    void modesThatAUnitDoesNotHaveStopTheQueue() {
        for (long mode : new long[] {0x400, 0xC00}) {
            RegisterRig aborting = RegisterRig.of(Units.ecap(0xf02 | 1L << 52));
            aborting.write(VtdRegister.RTADDR, mode);
            aborting.command(RegisterRig.SRTP);
            aborting.startQueue();
            aborting.submit(InvalidationDescriptor.iotlbGlobal());
            assertThat(aborting.queueError()).isEqualTo(mode == 0x400 ? 7 : 0);
        }
    }

    @Test
    void descriptorsOfAbsentCapabilitiesDoNotExist() {
        for (long q0 : new long[] {3, 4, 7, 0x26, 8, 9}) {
            RegisterRig bare = RegisterRig.of(Units.ecap(0x5002 | 1L << 52));
            bare.startQueue();
            bare.submit(raw(q0, 0));
            assertThat(bare.queueError()).as("%x", q0).isEqualTo(3);
        }
        RegisterRig noDrain = RegisterRig.of(Units.ecap(Units.ECAP & ~(1L << 42)));
        noDrain.startQueue();
        noDrain.submit(InvalidationDescriptor.waiting().drainingPageRequests());
        assertThat(noDrain.queueError()).isEqualTo(4);
        RegisterRig noPasid = RegisterRig.of(Units.ecap(Units.ECAP & ~(1L << 29 | 1L << 40)));
        noPasid.startQueue();
        noPasid.submit(raw(8, 0));
        assertThat(noPasid.queueError()).isEqualTo(3);
        RegisterRig narrow = RegisterRig.of(Units.FULL);
        narrow.write(VtdRegister.IQA, RegisterRig.QUEUE);
        narrow.command(RegisterRig.QIE);
        narrow.submit(InvalidationDescriptor.pasidCacheGlobal());
        assertThat(narrow.queueError()).isEqualTo(3);
    }

    @Test
    void interruptMasksHaveALimit() {
        RegisterRig small = RegisterRig.of(Units.ecap(Units.ECAP & ~(0xFL << 20) | 3L << 20));
        small.startQueue();
        small.submit(InvalidationDescriptor.interruptEntries(8, 3), InvalidationDescriptor.interruptEntries(8, 4));
        assertThat(small.read(VtdRegister.IQH)).isEqualTo(0x20);
        assertThat(small.queueError()).isEqualTo(4);
    }

    @Test
    void devicesAreToldWhatToDrop() {
        rig.startQueue();
        rig.submit(
                DEVICE.throttled(0xABCD, 7),
                InvalidationDescriptor.pasidDeviceTlb(0x38, 5, 0x3000, 0),
                InvalidationDescriptor.pasidDeviceTlb(0x39, 5, 0, 52).everyPasid());
        assertThat(rig.invalidations)
                .containsExactly(
                        new InvalidateRequest(0x38, -1, 0x20_0000, 21),
                        new InvalidateRequest(0x38, 5, 0x3000, 12),
                        new InvalidateRequest(0x39, InvalidateRequest.EVERY_SUBSTREAM, 0, 64));
    }

    @Test
    void responsesReachTheirDevice() {
        PageRequestDescriptor request =
                PageRequestDescriptor.of(0x38, 5, 0x3000).ofPasid(9).last().withPrivateData(7, 8);
        PageGroupResponse response = PageGroupResponse.to(request, PageGroupResponse.SUCCESS);
        rig.startQueue();
        rig.submit(response.descriptor());
        assertThat(rig.responses).containsExactly(response);
        assertThat(rig.answers).containsExactly(new PrgResponse(0x38, 9, 5, PrgResponse.Code.SUCCESS));
    }

    @Test
    void aWaitBehindADeviceCompletesWithIt() {
        rig.reply = Endpoints.Reply.LATER;
        rig.startQueue();
        rig.submit(DEVICE, writing(1), DEVICE, writing(2), InvalidationDescriptor.iotlbGlobal());
        assertThat(rig.memory.load32(STATUS)).isZero();
        assertThat(rig.read(VtdRegister.IQH)).isEqualTo(0xA0);
        assertThat(rig.translation.taken()).containsExactly("iotlb global");
        InvalidateRequest invalidation = rig.invalidations.get(0);
        rig.vtd.complete(invalidation, Endpoints.Reply.LATER);
        assertThat(rig.memory.load32(STATUS)).isZero();
        rig.vtd.complete(invalidation, Endpoints.Reply.COMPLETED);
        assertThat(rig.memory.load32(STATUS)).isEqualTo(1);
        rig.vtd.complete(invalidation, Endpoints.Reply.COMPLETED);
        assertThat(rig.memory.load32(STATUS)).isEqualTo(2);
        assertThat(rig.status()).isZero();
    }

    @Test
    void aDeviceMayAnswerBeforeItSaysLater() {
        rig.reply = Endpoints.Reply.LATER;
        rig.onInvalidation = invalidation -> rig.vtd.complete(invalidation, Endpoints.Reply.COMPLETED);
        rig.startQueue();
        rig.submit(DEVICE, writing(1));
        assertThat(rig.memory.load32(STATUS)).isEqualTo(1);
        assertThat(rig.status()).isZero();
    }

    @Test
    void aDeviceThatIsOutstandingWhenTheUnitIsResetAnswersInVain() {
        rig.onInvalidation = invalidation -> rig.vtd.reset();
        rig.startQueue();
        rig.submit(DEVICE, writing(1));
        assertThat(rig.memory.load32(STATUS)).isZero();
        assertThat(rig.status()).isZero();
        assertThat(rig.read(VtdRegister.IQH)).isZero();
    }

    @Test
    void nothingFollowsAFenceBeforeItCompletes() {
        rig.reply = Endpoints.Reply.LATER;
        rig.startQueue();
        rig.submit(DEVICE, writing(1).fencing(), InvalidationDescriptor.iotlbGlobal());
        assertThat(rig.translation.taken()).isEmpty();
        rig.vtd.complete(rig.invalidations.get(0), Endpoints.Reply.COMPLETED);
        assertThat(rig.memory.load32(STATUS)).isEqualTo(1);
        assertThat(rig.translation.taken()).containsExactly("iotlb global");
    }

    @Test
    void aTimeOutAbortsPendingWaitsAndStopsTheQueue() {
        rig.reply = Endpoints.Reply.LATER;
        rig.startQueue();
        rig.submit(DEVICE, writing(1));
        rig.vtd.complete(rig.invalidations.get(0), Endpoints.Reply.TIMED_OUT);
        assertThat(rig.status()).isEqualTo(RegisterRig.ITE);
        assertThat(rig.read(VtdRegister.IQERCD)).isEqualTo(0x38L << 32);
        rig.submit(InvalidationDescriptor.iotlbGlobal());
        assertThat(rig.translation.taken()).isEmpty();
        rig.write(VtdRegister.FSTS, RegisterRig.ITE);
        assertThat(rig.translation.taken()).containsExactly("iotlb global");
        assertThat(rig.memory.load32(STATUS)).isZero();
    }

    @Test
    void aTimeOutAtOnceLeavesTheWaitForLater() {
        rig.reply = Endpoints.Reply.TIMED_OUT;
        rig.startQueue();
        rig.submit(DEVICE, writing(1));
        assertThat(rig.status()).isEqualTo(RegisterRig.ITE);
        assertThat(rig.read(VtdRegister.IQH)).isEqualTo(0x20);
        rig.write(VtdRegister.FSTS, RegisterRig.ITE);
        assertThat(rig.memory.load32(STATUS)).isEqualTo(1);
    }

    @Test
    void theFirstTimeOutIsRemembered() {
        rig.reply = Endpoints.Reply.LATER;
        rig.startQueue();
        rig.submit(DEVICE, InvalidationDescriptor.deviceTlb(0x39, 0, 0));
        rig.vtd.complete(rig.invalidations.get(0), Endpoints.Reply.TIMED_OUT);
        rig.vtd.complete(rig.invalidations.get(1), Endpoints.Reply.TIMED_OUT);
        assertThat(rig.read(VtdRegister.IQERCD)).isEqualTo(0x38L << 32);
    }

    @Test
    void aWrongCompletionIsAnErrorAndTheQueueGoesOn() {
        rig.reply = Endpoints.Reply.UNEXPECTED;
        rig.startQueue();
        rig.submit(DEVICE, writing(1), InvalidationDescriptor.iotlbGlobal());
        assertThat(rig.status()).isEqualTo(RegisterRig.ICE);
        assertThat(rig.read(VtdRegister.IQERCD)).isEqualTo(0x38L << 48);
        assertThat(rig.translation.taken()).containsExactly("iotlb global");
        rig.vtd.complete(rig.invalidations.get(0), Endpoints.Reply.COMPLETED);
        assertThat(rig.memory.load32(STATUS)).isEqualTo(1);
        rig.vtd.complete(new InvalidateRequest(0x55, -1, 0, 12), Endpoints.Reply.COMPLETED);
        assertThat(rig.read(VtdRegister.IQERCD)).isEqualTo(0x38L << 48);
        rig.write(VtdRegister.FSTS, RegisterRig.ICE);
        rig.vtd.complete(new InvalidateRequest(0x55, -1, 0, 12), Endpoints.Reply.COMPLETED);
        assertThat(rig.read(VtdRegister.IQERCD)).isEqualTo(0x55L << 48);
    }

    @Test
    void aSteppedQueueDoesOneThingAtATime() {
        RegisterRig stepped = RegisterRig.stepped();
        stepped.reply = Endpoints.Reply.LATER;
        stepped.startQueue();
        stepped.submit(DEVICE, writing(1));
        assertThat(stepped.invalidations).isEmpty();
        assertThat(stepped.vtd.step()).isTrue();
        assertThat(stepped.vtd.step()).isTrue();
        assertThat(stepped.vtd.step()).isFalse();
        stepped.vtd.complete(stepped.invalidations.get(0), Endpoints.Reply.COMPLETED);
        assertThat(stepped.memory.load32(STATUS)).isZero();
        assertThat(stepped.vtd.step()).isTrue();
        assertThat(stepped.memory.load32(STATUS)).isEqualTo(1);
        stepped.submit(raw(0, 0));
        assertThat(stepped.vtd.step()).isTrue();
        assertThat(stepped.vtd.step()).isFalse();
    }

    @Test
    void aQueueThatMayStopAfterAWaitOnlyStaysOnOtherwise() {
        RegisterRig other = RegisterRig.of(Units.FULL, VtdDeviation.QUEUE_STOPS_AFTER_WAIT_ONLY);
        other.startQueue();
        other.submit(InvalidationDescriptor.iotlbGlobal());
        other.cancel(RegisterRig.QIE);
        assertThat(other.read(VtdRegister.GSTS)).isEqualTo(RegisterRig.QIE);
        other.submit(writing(1), raw(0, 0));
        other.cancel(RegisterRig.QIE);
        assertThat(other.read(VtdRegister.GSTS)).isEqualTo(RegisterRig.QIE);
        other.write(VtdRegister.IQT, 0x40);
        other.cancel(RegisterRig.QIE);
        assertThat(other.read(VtdRegister.GSTS)).isZero();
    }

    @Test
    void aQueueSwitchedOffWithinADescriptorEndsWithIt() {
        rig.startQueue();
        rig.write(VtdRegister.IECTL, 0);
        rig.onMessage = () -> rig.cancel(RegisterRig.QIE);
        rig.submit(InvalidationDescriptor.waiting().interrupting(), InvalidationDescriptor.iotlbGlobal());
        assertThat(rig.translation.taken()).isEmpty();
        assertThat(rig.read(VtdRegister.IQH)).isZero();
        assertThat(rig.read(VtdRegister.GSTS)).isZero();
    }

    @Test
    void aResetWithinADescriptorLeavesNothingBehind() {
        rig.startQueue();
        rig.write(VtdRegister.IECTL, 0);
        rig.onMessage = rig.vtd::reset;
        rig.submit(InvalidationDescriptor.waiting().interrupting(), InvalidationDescriptor.iotlbGlobal());
        assertThat(rig.read(VtdRegister.IQH)).isZero();
        assertThat(rig.read(VtdRegister.GSTS)).isZero();
    }

    @Test
    void aReceiverThatSubmitsLeavesItToTheConsumer() {
        rig.startQueue();
        rig.write(VtdRegister.IECTL, 0);
        rig.onMessage = () -> {
            rig.onMessage = () -> {};
            assertThat(rig.vtd.step()).isFalse();
            rig.submit(InvalidationDescriptor.iotlbDomain(2));
        };
        InvalidationDescriptor.waiting().interrupting().writeTo(rig.memory, RegisterRig.QUEUE, 32);
        rig.write(VtdRegister.IQT, 0x20);
        assertThat(rig.translation.taken()).containsExactly("iotlb domain 2");
    }
}
