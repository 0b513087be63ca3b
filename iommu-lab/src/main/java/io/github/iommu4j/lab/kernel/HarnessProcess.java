package io.github.iommu4j.lab.kernel;

import io.github.iommu4j.api.UserCapabilities;
import io.github.iommu4j.api.UserCapabilities.Capability;
import io.github.iommu4j.core.vfio.MemoryAccounting;
import io.github.iommu4j.core.vfio.UserProcess;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;

/** The process that does the operations: its memory, its limits and what it may do. */
final class HarnessProcess {

    private static final Map<Integer, Capability> CAPABILITIES = Map.of(
            14, Capability.CAP_IPC_LOCK,
            17, Capability.CAP_SYS_RAWIO,
            21, Capability.CAP_SYS_ADMIN);

    private final ProcessMemory memory;
    private final MemoryAccounting accounting = new MemoryAccounting();
    private final UserProcess process;
    private volatile UserCapabilities capabilities = UserCapabilities.ALL;

    HarnessProcess(ProcessMemory memory) {
        this.memory = memory;
        this.process = new UserProcess(memory.space(), accounting);
    }

    void addTo(Map<String, Operation> operations) {
        operations.put("memlock", this::limit);
        operations.put("dropcap", this::drop);
        operations.put("fill", this::fill);
        operations.put("peek", this::peek);
    }

    UserProcess process() {
        return process;
    }

    UserCapabilities capabilities() {
        return capabilities;
    }

    long lockedKiB() {
        return accounting.lockedKiB();
    }

    private Answer limit(Arguments arguments) {
        accounting.setLimit(arguments.number(0));
        return Answer.OK;
    }

    private Answer drop(Arguments arguments) {
        Capability capability = CAPABILITIES.get(arguments.integer(0));
        if (capability != null) {
            Set<Capability> left = EnumSet.noneOf(Capability.class);
            left.addAll(capabilities.capabilities());
            left.remove(capability);
            capabilities = new UserCapabilities(left);
            accounting.setCapabilities(capabilities);
        }
        return Answer.OK;
    }

    private Answer fill(Arguments arguments) {
        memory.fill(arguments.address(0), arguments.integer(1), (byte) arguments.number(2));
        return Answer.OK;
    }

    private Answer peek(Arguments arguments) {
        byte[] bytes = memory.peek(arguments.address(0), arguments.integer(1));
        return Answer.OK.with("bytes", HexFormat.of().formatHex(bytes));
    }
}
