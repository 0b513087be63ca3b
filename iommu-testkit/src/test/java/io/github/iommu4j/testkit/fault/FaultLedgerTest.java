package io.github.iommu4j.testkit.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.FaultEvent.Traits;
import io.github.iommu4j.api.fault.PageResponse.Code;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeferredProbe;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.lock.PlainLocking;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The ledger finds each way in which an account of page requests can be wrong, and is silent when it is right. */
class FaultLedgerTest {

    private final FaultLedger ledger = new FaultLedger();
    private final Locking locking = new PlainLocking();
    private final Device device =
            new BusType("platform", locking, new DeferredProbe(locking)).add(DeviceNode.Identity.of("nic", 1));

    private static PageRequest request(int group) {
        return new PageRequest(TranslationUnit.NO_SUBSTREAM, group, FaultEvent.READ, 0x1000L * group, Traits.LAST);
    }

    private PageRequest asked(int group) {
        PageRequest request = request(group);
        ledger.asked(device, request);
        return request;
    }

    @Test
    void oneAnswerThatWasMeantIsRight() {
        PageRequest request = asked(1);
        ledger.means(request);
        ledger.answered(request, Code.SUCCESS);

        assertThat(ledger.violations(each -> List.of())).isEmpty();
        assertThat(ledger.answersTo(request)).containsExactly(Code.SUCCESS);
        assertThat(ledger.size()).isOne();
    }

    @Test
    void aRefusalNeedsNobodyToMeanIt() {
        ledger.answered(asked(1), Code.INVALID);

        assertThat(ledger.violations(each -> List.of())).isEmpty();
    }

    @Test
    void aRequestThatIsListedIsNotLost() {
        PageRequest request = asked(1);

        assertThat(ledger.violations(each -> List.of(request))).isEmpty();
        assertThat(ledger.violations(each -> List.of(request(1))))
                .singleElement()
                .asString()
                .contains("group 1", "neither answered nor pending");
    }

    @Test
    void aRequestThatWasAnsweredMayNotBeListed() {
        PageRequest request = asked(2);
        ledger.answered(request, Code.FAILURE);

        assertThat(ledger.violations(each -> List.of(request)))
                .singleElement()
                .asString()
                .contains("group 2", "answered and is still pending");
    }

    @Test
    void anAnswerTheHardwareDidNotTakeCountsAsOne() {
        PageRequest request = asked(3);
        ledger.failed(request);
        ledger.failed(request(3));

        assertThat(ledger.violations(each -> List.of())).isEmpty();
        assertThat(ledger.violations(each -> List.of(request))).hasSize(1);
    }

    @Test
    void twoAnswersAreOneTooMany() {
        PageRequest request = asked(4);
        ledger.answered(request, Code.INVALID);
        ledger.answered(request, Code.INVALID);

        assertThat(ledger.violations()).singleElement().asString().contains("group 4", "answered 2 times");
    }

    @Test
    void anAnswerThatWasMeantForAnotherIsFound() {
        PageRequest one = asked(5);
        PageRequest other = asked(5);
        ledger.means(one);
        ledger.answered(other, Code.SUCCESS);

        assertThat(ledger.violations()).singleElement().asString().contains("meant for another");
    }

    @Test
    void anAnswerNobodyAskedForIsFound() {
        ledger.means(request(6));
        ledger.answered(request(6), Code.SUCCESS);

        assertThat(ledger.violations()).singleElement().asString().contains("wants no answer");
        assertThat(ledger.answersTo(request(6))).isEmpty();
    }
}
