package io.github.iommu4j.lab.kernel;

import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.check.CheckResult;
import io.github.iommu4j.lab.oracle.MachineEntry;
import io.github.iommu4j.lab.oracle.Sequence;
import io.github.iommu4j.lab.oracle.SequenceFile;
import io.github.iommu4j.lab.oracle.TopologyFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Replays sequences of operations on our kernel and compares every answer and every state with the oracle's.
 *
 * <p>The machine of a sequence is in {@code topology.json} beside the sequence or in a directory above. A sequence that is
 * not the first of its boot starts from what the earlier ones left: they are played first where they lie beside it;
 * otherwise the machine is brought to the state the sequence starts from.
 */
public final class KernelReplay {

    private final CheckResult.Ledger ledger = new CheckResult.Ledger();
    private final Map<Path, List<MachineEntry>> topologies = new HashMap<>();

    private KernelReplay() {}

    /**
     * Replays sequences.
     *
     * @param files the sequences, in any order
     * @return what agrees and what differs, all together
     * @throws CaptureException when a file cannot be read, or needs something there is no model of
     */
    public static CheckResult run(List<Path> files) throws CaptureException {
        KernelReplay replay = new KernelReplay();
        for (Path file : files) {
            replay.replay(file);
        }
        return replay.ledger.result();
    }

    private void replay(Path file) throws CaptureException {
        Sequence sequence = SequenceFile.read(file);
        List<Sequence> earlier = earlierInBoot(file, sequence);
        try (Session session = Session.boot(machineOf(file, sequence))) {
            earlier.forEach(
                    before -> new SequencePlayer(session, before.name(), new CheckResult.Ledger()).play(before));
            if (earlier.isEmpty()) {
                new StateRestorer(session).restore(sequence.start());
            }
            new SequencePlayer(session, String.valueOf(file.getFileName()), ledger).play(sequence);
        }
    }

    /** What came before in the same boot; nothing when a part of it is not there or did not end. */
    private static List<Sequence> earlierInBoot(Path file, Sequence sequence) throws CaptureException {
        List<Sequence> earlier = new ArrayList<>();
        int place = sequence.bootSequences().indexOf(sequence.name());
        for (String name : sequence.bootSequences().subList(0, Math.max(0, place))) {
            Path before = earlierFile(file, sequence, name);
            Sequence read = before == null ? null : SequenceFile.read(before);
            if (read == null || read.pending() == null || read.pending() != 0) {
                return List.of();
            }
            earlier.add(read);
        }
        return earlier;
    }

    private static @Nullable Path earlierFile(Path file, Sequence sequence, String name) {
        String fileName = String.valueOf(file.getFileName());
        if (!fileName.contains(sequence.name())) {
            return null;
        }
        Path earlier = file.resolveSibling(fileName.replace(sequence.name(), name));
        return Files.isRegularFile(earlier) ? earlier : null;
    }

    private MachineEntry machineOf(Path file, Sequence sequence) throws CaptureException {
        Path topology = topologyAbove(file);
        List<MachineEntry> machines = topologies.get(topology);
        if (machines == null) {
            machines = TopologyFile.read(topology);
            topologies.put(topology, machines);
        }
        // Another kernel's description of the machine serves as well: what is plugged in is the same.
        MachineEntry found = null;
        for (MachineEntry entry : machines) {
            boolean same = entry.name().equals(sequence.topology());
            if (same && (found == null || entry.kernel().equals(sequence.kernel()))) {
                found = entry;
            }
        }
        if (found == null) {
            throw new CaptureException(file + ": " + topology + " has no machine " + sequence.topology());
        }
        return found.under(sequence.kernel(), sequence.kernelCommandLine());
    }

    private static Path topologyAbove(Path file) throws CaptureException {
        for (Path directory = file.toAbsolutePath().normalize().getParent();
                directory != null;
                directory = directory.getParent()) {
            Path topology = directory.resolve("topology.json");
            if (Files.isRegularFile(topology)) {
                return topology;
            }
        }
        throw new CaptureException(file + ": there is no topology.json beside it or above");
    }
}
