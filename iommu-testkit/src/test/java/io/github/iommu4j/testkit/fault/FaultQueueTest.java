package io.github.iommu4j.testkit.fault;

import static io.github.iommu4j.testkit.fault.FaultRig.errno;
import static io.github.iommu4j.testkit.fault.FaultRig.last;
import static io.github.iommu4j.testkit.fault.FaultRig.partial;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.PageResponse.Code;
import io.github.iommu4j.core.fault.IopfQueue;
import io.github.iommu4j.core.iommufd.EventQueue;
import io.github.iommu4j.core.iommufd.EventQueues;
import io.github.iommu4j.core.iommufd.FaultQueue;
import io.github.iommu4j.core.iommufd.PageFaultRecord;
import io.github.iommu4j.core.iommufd.UserBuffer;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.lock.ValidatedLocking;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

/** iommufd's fault queues and event queues. */
final class FaultQueueTest {

    private static final int RECORD = PageFaultRecord.BYTES;

    private final FaultRig rig = FaultRig.of(KernelRelease.V6_12);
    private final Device device = rig.add("nic");
    private final IommuDomain domain = rig.attach(device);
    private final IopfQueue iopf = rig.faults.newQueue("iommu0", (from, request) -> Code.SUCCESS);
    private final int[] wakeUps = new int[1];
    private final FaultQueue queue = new FaultQueue(0, rig.core.locking(), from -> 7, () -> wakeUps[0]++);

    private FaultQueueTest() {
        iopf.add(device);
        rig.core.setIopfHandler(domain, queue.handler());
    }

    /** A buffer whose bytes from a position on cannot be reached. */
    private static UserBuffer broken(byte[] bytes, int from) {
        UserBuffer whole = UserBuffer.over(bytes);
        return new UserBuffer() {
            @Override
            public int length() {
                return bytes.length;
            }

            @Override
            public void write(int position, byte[] data) {
                if (position + data.length > from) {
                    throw new IommuException(Errno.EFAULT, "position " + position);
                }
                whole.write(position, data);
            }

            @Override
            public byte[] read(int position, int count) {
                if (position + count > from) {
                    throw new IommuException(Errno.EFAULT, "position " + position);
                }
                return whole.read(position, count);
            }
        };
    }

    private PageFaultRecord[] read(int records) {
        byte[] bytes = new byte[records * RECORD];
        int count = queue.read(0, UserBuffer.over(bytes)) / RECORD;
        PageFaultRecord[] read = new PageFaultRecord[count];
        Arrays.setAll(read, i -> PageFaultRecord.fromBytes(bytes, i * RECORD));
        return read;
    }

    private static byte[] answers(int... cookiesAndCodes) {
        ByteBuffer bytes = ByteBuffer.allocate(cookiesAndCodes.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(cookiesAndCodes).forEach(bytes::putInt);
        return bytes.array();
    }

    private int write(int... cookiesAndCodes) {
        return queue.write(0, UserBuffer.over(answers(cookiesAndCodes)));
    }

    private void ask(PageRequest... requests) {
        for (PageRequest request : requests) {
            assertThat(rig.report(device, request)).isNull();
            rig.ledger.means(request);
        }
    }

    @Test
    void F60_aQueueHasNoFlags() {
        assertThat(errno(() -> new FaultQueue(1, rig.core.locking(), from -> 1, () -> {})))
                .isEqualTo(Errno.EOPNOTSUPP);
    }

    @Test
    void F61_wholeGroupsAreReadWithACookieEach() {
        PageRequest part = partial(1);
        PageRequest closing = last(1);
        PageRequest second = last(2, 5);
        rig.core.setIopfHandler(domain, queue.handler());
        ask(part, closing);
        rig.group(device).attachPasid(domain, 5);
        ask(second);
        assertThat(wakeUps[0]).isEqualTo(2);
        assertThat(read(1)).as("the first group does not fit").isEmpty();
        PageFaultRecord[] first = read(2);
        assertThat(first)
                .containsExactly(
                        new PageFaultRecord(0, 7, 0, 1, 1, 0x1000, 1),
                        new PageFaultRecord(PageFaultRecord.LAST_PAGE, 7, 0, 1, 1, 0x1000, 1));
        assertThat(read(3))
                .containsExactly(new PageFaultRecord(
                        PageFaultRecord.LAST_PAGE | PageFaultRecord.PASID_VALID, 7, 5, 2, 1, 0x2000, 2));
        assertThat(read(3)).isEmpty();
        assertThat(write(1, 0, 2, 1)).isEqualTo(16);
        assertThat(rig.ledger.answersTo(closing)).containsExactly(Code.SUCCESS);
        assertThat(rig.ledger.answersTo(second)).containsExactly(Code.INVALID);
        ask(last(3));
        assertThat(read(1)[0].cookie()).as("the lowest free cookie").isEqualTo(1);
        assertThat(write(1, 0)).isEqualTo(8);
        rig.close();
    }

    @Test
    void F61_aReadHasNoPositionAndWholeRecords() {
        assertThat(errno(() -> queue.read(1, UserBuffer.over(new byte[RECORD]))))
                .isEqualTo(Errno.ESPIPE);
        assertThat(errno(() -> queue.read(0, UserBuffer.over(new byte[RECORD + 1]))))
                .isEqualTo(Errno.ESPIPE);
        assertThat(queue.read(0, UserBuffer.over(new byte[0]))).isZero();
    }

    @Test
    void F61_aCopyFaultPutsTheGroupBack() {
        ask(partial(1), last(1), last(2));
        byte[] bytes = new byte[3 * RECORD];
        assertThat(errno(() -> queue.read(0, broken(bytes, RECORD)))).isEqualTo(Errno.EFAULT);
        assertThat(queue.read(0, broken(bytes, 2 * RECORD))).isEqualTo(2 * RECORD);
        PageFaultRecord[] rest = read(1);
        assertThat(rest).hasSize(1);
        assertThat(rest[0].groupId()).isEqualTo(2);
        assertThat(rest[0].cookie()).isEqualTo(2);
        queue.destroy();
        rig.close();
    }

    @Test
    void F62_answersAreTakenInOrderUntilOneIsWrong() {
        ask(last(1), last(2), last(3));
        assertThat(read(3)).hasSize(3);
        assertThat(errno(() -> queue.write(8, UserBuffer.over(new byte[8])))).isEqualTo(Errno.ESPIPE);
        assertThat(errno(() -> queue.write(0, UserBuffer.over(new byte[7])))).isEqualTo(Errno.ESPIPE);
        assertThat(errno(() -> write(1, 2))).isEqualTo(Errno.EINVAL);
        assertThat(errno(() -> write(1, -1))).isEqualTo(Errno.EINVAL);
        assertThat(errno(() -> write(4, 0))).isEqualTo(Errno.EINVAL);
        assertThat(errno(() -> write(0, 0))).isEqualTo(Errno.EINVAL);
        assertThat(errno(() -> queue.write(0, broken(answers(1, 0), 4)))).isEqualTo(Errno.EFAULT);
        assertThat(write(2, 0, 2, 0, 1, 0))
                .as("bytes before the cookie that is used up")
                .isEqualTo(8);
        assertThat(write(1, 0, 3, 2)).isEqualTo(8);
        assertThat(write(3, 1)).isEqualTo(8);
        assertThat(queue.write(0, UserBuffer.over(new byte[0]))).isZero();
        rig.close();
    }

    @Test
    void F63_detachingAnswersInvalidWhatTheDeviceAskedThere() {
        Device other = rig.add("other");
        iopf.add(other);
        rig.group(other).attach(domain);
        PageRequest unread = last(2);
        PageRequest read = last(1);
        PageRequest ofOther = last(1);
        ask(read);
        assertThat(read(1)).hasSize(1);
        ask(unread);
        assertThat(rig.report(other, ofOther)).isNull();
        rig.group(device).detach(domain);
        queue.detached(device, domain);
        assertThat(rig.ledger.answersTo(read)).containsExactly(Code.INVALID);
        assertThat(rig.ledger.answersTo(unread)).containsExactly(Code.INVALID);
        assertThat(errno(() -> write(1, 0))).isEqualTo(Errno.EINVAL);
        assertThat(rig.ledger.answersTo(ofOther)).isEmpty();
        assertThat(rig.report(device, last(9))).isEqualTo(Errno.EINVAL);
        queue.destroy();
        assertThat(rig.ledger.answersTo(ofOther)).containsExactly(Code.INVALID);
        rig.close();
    }

    @Test
    void F63_aDeviceThatGoesIsAnsweredOnceEvenIfTheProcessAnswersLater() {
        PageRequest request = last(1);
        ask(request);
        assertThat(read(1)).hasSize(1);
        rig.bus.remove(rig.device("nic"));
        assertThat(rig.ledger.answersTo(request)).containsExactly(Code.INVALID);
        assertThat(write(1, 0)).isEqualTo(8);
        assertThat(rig.iommu.answers()).hasSize(1);
        rig.close();
    }

    @Test
    void F64_aQueueIsReadableWhileGroupsWaitAndAlwaysWritable() {
        assertThat(queue.poll()).isEqualTo(FaultQueue.WRITABLE);
        ask(last(1));
        assertThat(queue.poll()).isEqualTo(FaultQueue.WRITABLE | FaultQueue.READABLE);
        read(1);
        assertThat(queue.poll()).isEqualTo(FaultQueue.WRITABLE);
        queue.destroy();
        rig.close();
    }

    private static final EventQueues EVENTS = new EventQueues(ValidatedLocking.over(new PlainLocking()));

    @Test
    void F65_aVirtualIommuHasOneEventQueueOfEachType() {
        assertThat(errno(() -> EVENTS.allocate(EventQueues.DEFAULT_TYPE, 1, 0))).isEqualTo(Errno.EOPNOTSUPP);
        assertThat(errno(() -> EVENTS.allocate(1, 1, 1))).isEqualTo(Errno.EOPNOTSUPP);
        assertThat(errno(() -> EVENTS.allocate(1, 0, 0))).isEqualTo(Errno.EINVAL);
        EVENTS.allocate(1, 1, 0);
        assertThat(errno(() -> EVENTS.allocate(1, 1, 0))).isEqualTo(Errno.EEXIST);
        assertThat(EVENTS.report(9, new byte[4])).isEqualTo(Errno.EOPNOTSUPP);
    }

    private static int[] words(byte[] bytes, int count) {
        int[] words = new int[count / 4];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(words);
        return words;
    }

    @Test
    void F65_aFullEventQueueEndsWithOneHeaderForLostEvents() {
        EventQueue events = EVENTS.allocate(2, 2, 0);
        assertThat(events.isReadable()).isFalse();
        for (byte i = 1; i <= 5; i++) {
            assertThat(EVENTS.report(2, new byte[] {i, 0, 0, 0})).isNull();
        }
        byte[] bytes = new byte[64];
        assertThat(errno(() -> events.read(4, UserBuffer.over(bytes)))).isEqualTo(Errno.ESPIPE);
        assertThat(errno(() -> events.read(0, broken(bytes, 4)))).isEqualTo(Errno.EFAULT);
        assertThat(events.read(0, UserBuffer.over(new byte[11]))).isZero();
        assertThat(events.read(0, broken(bytes, 12))).isEqualTo(12);
        assertThat(words(bytes, 12)).containsExactly(0, 0, 1);
        assertThat(EVENTS.report(2, new byte[] {6, 0, 0, 0})).isNull();
        int count = events.read(0, UserBuffer.over(bytes));
        assertThat(words(bytes, count)).containsExactly(0, 1, 2, 0, 5, 6);
        assertThat(events.isReadable()).isFalse();
        for (byte i = 1; i <= 4; i++) {
            EVENTS.report(2, new byte[] {i, 0, 0, 0});
        }
        count = events.read(0, UserBuffer.over(bytes));
        assertThat(words(bytes, count)).containsExactly(0, 6, 1, 0, 7, 2, EventQueue.LOST_EVENTS, 9);
    }

    /** A buffer that reports events as it is first written to, and cannot be written from a position on. */
    private static UserBuffer reporting(byte[] bytes, int from, Runnable reports) {
        UserBuffer behind = broken(bytes, from);
        Deque<Runnable> once = new ArrayDeque<>(List.of(reports));
        return new UserBuffer() {
            @Override
            public int length() {
                return behind.length();
            }

            @Override
            public void write(int position, byte[] data) {
                while (!once.isEmpty()) {
                    once.remove().run();
                }
                behind.write(position, data);
            }

            @Override
            public byte[] read(int position, int count) {
                return behind.read(position, count);
            }
        };
    }

    private static void report(int type, int... events) {
        for (int event : events) {
            EVENTS.report(type, new byte[] {(byte) event, 0, 0, 0});
        }
    }

    @Test
    void F65_aRecordThatIsBeingCopiedStillTakesItsPlace() {
        EventQueue events = EVENTS.allocate(3, 1, 0);
        byte[] bytes = new byte[64];
        report(3, 1);
        UserBuffer faulting = reporting(bytes, 4, () -> report(3, 2, 3));
        assertThat(errno(() -> events.read(0, faulting))).isEqualTo(Errno.EFAULT);
        report(3, 4, 5);
        int count = events.read(0, UserBuffer.over(bytes));
        assertThat(words(bytes, count)).containsExactly(0, 0, 1, EventQueue.LOST_EVENTS, 4);
        report(3, 6);
        count = events.read(0, reporting(bytes, 64, () -> report(3, 7)));
        assertThat(words(bytes, count))
                .as("it is copied, then there is room")
                .containsExactly(0, 5, 6, EventQueue.LOST_EVENTS, 6);
    }

    @Test
    void F65_aHeaderForLostEventsThatWasNotCopiedStandsOnlyWhereNothingIs() {
        EventQueue events = EVENTS.allocate(4, 1, 0);
        byte[] bytes = new byte[64];
        report(4, 1, 2);
        assertThat(events.read(0, broken(bytes, 12))).isEqualTo(12);
        assertThat(errno(() -> events.read(0, broken(bytes, 4)))).isEqualTo(Errno.EFAULT);
        assertThat(errno(() -> events.read(0, reporting(bytes, 4, () -> report(4, 3)))))
                .isEqualTo(Errno.EFAULT);
        int count = events.read(0, UserBuffer.over(bytes));
        assertThat(words(bytes, count)).as("the gap of sequences says it").containsExactly(0, 2, 3);
        assertThat(events.isReadable()).isFalse();
    }
}
