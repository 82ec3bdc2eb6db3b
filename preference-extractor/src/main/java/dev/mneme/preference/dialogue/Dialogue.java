package dev.mneme.preference.dialogue;

import java.util.ArrayList;
import java.util.List;

/**
 * A conversation as plain speech, analysed once for every question asked about it.
 *
 * <p>Immutable and thread-safe.
 */
public final class Dialogue {
  private final List<Utterance> utterances;
  private final List<Speech> speeches;

  public Dialogue(List<Utterance> utterances) {
    this.utterances = List.copyOf(utterances);
    var analysed = new ArrayList<Speech>(utterances.size());
    for (Utterance each : utterances) {
      analysed.add(new Speech(each.text()));
    }
    this.speeches = analysed;
  }

  public List<Utterance> utterances() {
    return utterances;
  }

  public int size() {
    return utterances.size();
  }

  /** Positions of what the assistant said, in order; a turn that only calls tools has no words. */
  public List<Integer> replies() {
    var replies = new ArrayList<Integer>();
    for (int i = 0; i < utterances.size(); i++) {
      if (speaker(i) == Utterance.Speaker.ASSISTANT && !utterances.get(i).text().isBlank()) {
        replies.add(i);
      }
    }
    return replies;
  }

  Utterance.Speaker speaker(int index) {
    return utterances.get(index).speaker();
  }

  Speech speech(int index) {
    return index < 0 ? Speech.SILENCE : speeches.get(index);
  }

  /** Position of the person's last turn before this one, or -1. */
  public int personBefore(int index) {
    return before(index, Utterance.Speaker.PERSON);
  }

  /** Position of the person's first turn after this one, or -1. */
  public int personAfter(int index) {
    for (int i = index + 1; i < utterances.size(); i++) {
      if (speaker(i) == Utterance.Speaker.PERSON) {
        return i;
      }
    }
    return -1;
  }

  int replyBefore(int index) {
    return before(index, Utterance.Speaker.ASSISTANT);
  }

  private int before(int index, Utterance.Speaker wanted) {
    for (int i = index - 1; i >= 0; i--) {
      if (speaker(i) == wanted) {
        return i;
      }
    }
    return -1;
  }

  void requireReply(int index) {
    if (index < 0 || index >= size() || speaker(index) != Utterance.Speaker.ASSISTANT) {
      throw new IllegalArgumentException(
          "expected the position of an assistant utterance in 0.."
              + (size() - 1)
              + ", got "
              + index
              + (index >= 0 && index < size() ? " which is " + speaker(index) : ""));
    }
  }
}
