package io.github.iommu4j.lab.kernel;

import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.lab.check.Differences;
import io.github.iommu4j.lab.oracle.SequenceRow;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which lines of a kernel's log our kernel means too. The rest is about emulated devices, clocks and crashes.
 *
 * <p>Joining and leaving a group is written every time, so those lines must be the same and in the same order. The
 * others are rate limited: what the oracle shows must be there, not the other way round.
 */
final class MessageRules {

    /** The driver or bus in front of a device is whatever is bound at that moment. */
    private static final Pattern MEMBERSHIP =
            Pattern.compile("(?:\\S+ )?(\\S+: (?:Adding to|Removing from) iommu group \\d+)");

    private static final List<Pattern> MEANT = List.of(
            Pattern.compile("iommu: Cannot change default domain: .*"),
            Pattern.compile("iommu: Device is still bound to driver"),
            Pattern.compile("\\S+ \\S+: Group not assigned to default domain"),
            Pattern.compile("\\S+ \\S+: No device request channel registered, blocked until released by user"),
            Pattern.compile("pci \\S+: device attach failed \\(-\\d+\\)"),
            Pattern.compile("\\S+: probe of \\S+ failed with error -\\d+"),
            Pattern.compile("\\S+ \\S+: probe with driver \\S+ failed with error -\\d+"),
            Pattern.compile("vfio_pin_pages_remote: RLIMIT_MEMLOCK \\(\\d+\\) exceeded"),
            Pattern.compile("vfio_iommu_type1_attach_group: .*"),
            Pattern.compile("\\S+ \\S+: \\d+ VFs already enabled\\. .*"));

    private MessageRules() {}

    static void compare(List<SequenceRow.Message> expected, List<KernelLog.Line> actual, Differences found) {
        List<String> ours = new ArrayList<>();
        actual.forEach(line -> ours.add(line.text()));
        found.compare(
                "group membership messages",
                memberships(expected.stream().map(SequenceRow.Message::text).toList()),
                memberships(ours));
        for (SequenceRow.Message message : expected) {
            boolean meant = MEANT.stream()
                    .anyMatch(pattern -> pattern.matcher(message.text()).matches());
            if (meant && !ours.remove(message.text())) {
                found.compare("message", message.text(), ours);
            }
        }
    }

    private static List<String> memberships(List<String> lines) {
        List<String> memberships = new ArrayList<>();
        for (String line : lines) {
            Matcher matcher = MEMBERSHIP.matcher(line);
            if (matcher.matches()) {
                memberships.add(matcher.group(1));
            }
        }
        return memberships;
    }
}
