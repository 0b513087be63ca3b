package io.github.iommu4j.tipat.driver;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What a driver took for a device and gives back in reverse order, when probing fails or the device goes (Linux {@code
 * devres}). Used under the device's lock.
 */
final class DeviceResources {

    private final Deque<Runnable> releases = new ArrayDeque<>();

    void add(Runnable release) {
        releases.push(release);
    }

    void releaseAll() {
        while (!releases.isEmpty()) {
            releases.pop().run();
        }
    }
}
