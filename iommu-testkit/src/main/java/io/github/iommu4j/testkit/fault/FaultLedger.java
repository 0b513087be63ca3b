package io.github.iommu4j.testkit.fault;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.PageResponse.Code;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Keeps account of page requests that want an answer: each is answered once, or still listed as pending, and by somebody who
 * meant it. Requests are told apart by identity: every one reported must be an object of its own.
 *
 * <p>A handler's answers are announced by {@link #means}; answers of the core and of reporters, which mean whatever they reach,
 * are {@code INVALID} and {@code FAILURE}, so only {@code SUCCESS} has to be meant.
 *
 * <p>Thread-safe.
 */
public final class FaultLedger {

    private static final class Entry {
        final Device device;
        final List<Code> answers = new ArrayList<>();
        boolean meant;
        boolean refused;

        Entry(Device device) {
            this.device = device;
        }
    }

    private final List<PageRequest> order = new ArrayList<>();
    private final IdentityHashMap<PageRequest, Entry> entries = new IdentityHashMap<>();
    private final List<String> misdirected = new ArrayList<>();

    /** An empty ledger. */
    public FaultLedger() {}

    /**
     * A device asks.
     *
     * @param device who
     * @param request what for; the last of its group
     */
    public synchronized void asked(Device device, PageRequest request) {
        order.add(request);
        entries.put(request, new Entry(device));
    }

    /**
     * A handler is about to answer a request.
     *
     * @param request which one it means
     */
    public synchronized void means(PageRequest request) {
        Entry entry = entries.get(request);
        if (entry != null) {
            entry.meant = true;
        }
    }

    /**
     * The device was answered.
     *
     * @param request the request that the answer reached
     * @param code the answer
     */
    public synchronized void answered(PageRequest request, Code code) {
        Entry entry = entries.get(request);
        if (entry == null) {
            misdirected.add(request + " wants no answer and got " + code);
            return;
        }
        entry.answers.add(code);
        if (code == Code.SUCCESS && !entry.meant) {
            misdirected.add(describe(request, entry) + " got an answer meant for another");
        }
    }

    /**
     * The hardware could not take an answer: the request counts as answered.
     *
     * @param request the request
     */
    public synchronized void failed(PageRequest request) {
        Entry entry = entries.get(request);
        if (entry != null) {
            entry.refused = true;
        }
    }

    /**
     * What is wrong with the answers so far.
     *
     * @return a line for each request with two answers or one that was meant for another
     */
    public synchronized List<String> violations() {
        List<String> found = new ArrayList<>(misdirected);
        order.forEach(request -> {
            Entry entry = entries.get(request);
            if (entry != null && entry.answers.size() > 1) {
                found.add(describe(request, entry) + " was answered " + entry.answers.size() + " times");
            }
        });
        return found;
    }

    /**
     * What is wrong when nothing runs any more.
     *
     * @param pending gives what is listed as pending for a device
     * @return {@link #violations()}, and a line for each request that is neither answered nor listed, or both
     */
    public synchronized List<String> violations(Function<Device, List<PageRequest>> pending) {
        List<String> found = new ArrayList<>(violations());
        order.forEach(request -> {
            Entry entry = entries.get(request);
            String wrong = entry == null ? null : wrongAtRest(entry, isListed(request, pending.apply(entry.device)));
            if (entry != null && wrong != null) {
                found.add(describe(request, entry) + wrong);
            }
        });
        return found;
    }

    private static boolean isListed(PageRequest request, List<PageRequest> pending) {
        IdentityHashMap<PageRequest, Boolean> listed = new IdentityHashMap<>();
        pending.forEach(each -> listed.put(each, true));
        return listed.containsKey(request);
    }

    private static @Nullable String wrongAtRest(Entry entry, boolean listed) {
        boolean answered = !entry.answers.isEmpty() || entry.refused;
        if (answered == listed) {
            return listed ? " was answered and is still pending" : " is neither answered nor pending";
        }
        return null;
    }

    private static String describe(PageRequest request, Entry entry) {
        return "group " + request.groupId() + " of " + entry.device + " at 0x" + Long.toHexString(request.address());
    }

    /**
     * How many requests there were.
     *
     * @return those that wanted an answer
     */
    public synchronized int size() {
        return order.size();
    }

    /**
     * The answers to a request.
     *
     * @param request the request
     * @return in the order in which they came; none for one that was not asked
     */
    public synchronized List<Code> answersTo(PageRequest request) {
        Entry entry = entries.get(request);
        return entry == null ? List.of() : List.copyOf(entry.answers);
    }
}
