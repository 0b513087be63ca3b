package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.armshort.layout.M4uRegister;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntSupplier;

/**
 * Saves an M4U's registers when it is suspended and restores them when it is resumed. The table base is not saved: it is
 * known. Called with the device's power lock held.
 */
final class M4uPower implements RuntimePower.PowerHooks {

    private static final M4uRegister[] SAVED = {
        M4uRegister.WR_LEN_CTRL,
        M4uRegister.MISC_CTRL,
        M4uRegister.DCM_DIS,
        M4uRegister.CTRL_REG,
        M4uRegister.VLD_PA_RNG,
        M4uRegister.INT_CONTROL0,
        M4uRegister.INT_MAIN_CONTROL,
        M4uRegister.IVRP_PADDR,
    };

    private final Mmio registers;
    private final M4uTlb tlb;
    private final PowerSwitch clock;
    private final IntSupplier tableBase;
    private final Map<M4uRegister, Integer> saved = new EnumMap<>(M4uRegister.class);

    /**
     * The hooks of one M4U.
     *
     * @param tableBase gives PT_BASE_ADDR; 0 while there is no domain
     */
    M4uPower(M4uUnit unit, PowerSwitch clock, IntSupplier tableBase) {
        this.registers = unit.registers();
        this.tlb = unit.tlb();
        this.clock = clock;
        this.tableBase = tableBase;
    }

    @Override
    public void suspend() {
        for (M4uRegister register : SAVED) {
            saved.put(register, registers.read(register));
        }
        clock.off();
    }

    /** A WR_LEN_CTRL of 0 means that nothing was ever saved: hardware never has that. */
    @Override
    public void resume() {
        clock.on();
        if (saved.getOrDefault(M4uRegister.WR_LEN_CTRL, 0) == 0) {
            return;
        }
        for (M4uRegister register : SAVED) {
            registers.write(register, Objects.requireNonNull(saved.get(register)));
        }
        int base = tableBase.getAsInt();
        if (base != 0) {
            registers.write(M4uRegister.PT_BASE_ADDR, base);
        }
        tlb.flushAll();
    }
}
