package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.MemoryAttributes;
import io.github.iommu4j.api.dma.Shareability;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.Translations;
import java.util.ArrayList;
import java.util.List;

/** A translation side that passes every address through and writes down what registers and queues ask of it. */
final class FakeTranslation implements TranslationSide, CacheControl {

    final List<String> calls = new ArrayList<>();
    final List<ControlState> states = new ArrayList<>();
    final FaultSink faults;
    int pageRequestFault;
    /** What translations add to an address. */
    long shift;
    /** The code of every translation's fault, 0 for none. */
    int fault;

    FakeTranslation(FaultSink faults) {
        this.faults = faults;
    }

    /** What was asked since the last call of this. */
    List<String> taken() {
        List<String> taken = List.copyOf(calls);
        calls.clear();
        return taken;
    }

    ControlState state() {
        return states.isEmpty() ? ControlState.RESET : states.get(states.size() - 1);
    }

    @Override
    public void control(ControlState state) {
        states.add(state);
    }

    @Override
    public long translate(int sid, int pasid, long iova, int accessBits) {
        return fault != 0 ? Translations.fault(fault, FaultResponse.ABORT) : Translations.ok(iova + shift, 12, 3);
    }

    @Override
    public Translation translate(DmaRequest request) {
        return fault != 0
                ? new Translation.Fault(fault, "fake", FaultResponse.ABORT, false)
                : new Translation.Ok(request.iova() + shift, 12, 3, new MemoryAttributes(0xFF, Shareability.INNER));
    }

    @Override
    public Explanation explain(DmaRequest request) {
        return new Explanation(request, List.of(), translate(request), List.of(), "fake");
    }

    @Override
    public int admitPageRequest(int sid, int pasid, long address) {
        calls.add(String.format("admit %x %d %x", sid, pasid, address));
        return pageRequestFault;
    }

    @Override
    public CacheControl caches() {
        return this;
    }

    @Override
    public void everything() {
        calls.add("everything");
    }

    @Override
    public void contextGlobal() {
        calls.add("context global");
    }

    @Override
    public void contextDomain(int did) {
        calls.add("context domain " + did);
    }

    @Override
    public void contextDevice(int did, int sid, int functionMask) {
        calls.add(String.format("context device %d %x %d", did, sid, functionMask));
    }

    @Override
    public void pasidGlobal() {
        calls.add("pasid global");
    }

    @Override
    public void pasidDomain(int did) {
        calls.add("pasid domain " + did);
    }

    @Override
    public void pasid(int did, int pasid) {
        calls.add("pasid " + did + " " + pasid);
    }

    @Override
    public void iotlbGlobal() {
        calls.add("iotlb global");
    }

    @Override
    public void iotlbDomain(int did) {
        calls.add("iotlb domain " + did);
    }

    @Override
    public void iotlbPages(int did, long address, int am, boolean leavesOnly) {
        calls.add(String.format("iotlb pages %d %x %d%s", did, address, am, leavesOnly ? " leaves" : ""));
    }

    @Override
    public void pasidIotlb(int did, int pasid) {
        calls.add("pasid-iotlb " + did + " " + pasid);
    }

    @Override
    public void pasidIotlbPages(int did, int pasid, long address, int am, boolean leavesOnly) {
        calls.add(
                String.format("pasid-iotlb pages %d %d %x %d%s", did, pasid, address, am, leavesOnly ? " leaves" : ""));
    }
}
