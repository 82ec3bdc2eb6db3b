package dev.mneme.agent;

import dev.mneme.data.MemoryBlock;
import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.SystemPrompt;
import dev.mneme.data.ToolSpec;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A prompt that fits: the system message with memories, as many of the newest exchanges as there is
 * room for, and the running exchange whole.
 *
 * @param messages what is sent
 * @param used the memories it carries, in prompt order
 * @param oldestKept position in the given history of the oldest exchange it carries
 * @param tokens its size
 * @param replyTokens how long the reply may be
 */
record Prompt(
    List<Message> messages,
    List<RecalledMemory> used,
    int oldestKept,
    int tokens,
    int replyTokens) {

  /** The parts a prompt is put together from. */
  record Parts(
      ChatModel model,
      AgentConfig config,
      LocalDate today,
      List<String> preferences,
      List<RecalledMemory> recalled,
      List<Exchange> history,
      List<Message> running,
      List<ToolSpec> tools) {
    Message system(List<RecalledMemory> memories) {
      List<MemoryBlock.Line> lines =
          memories.stream().map(each -> each.line(config.zone())).toList();
      return Message.system(
          SystemPrompt.render(config.persona().text(), today, preferences, lines));
    }

    int count(List<Message> messages) {
      return model.countTokens(messages, tools);
    }
  }

  /**
   * Fits the parts into the model's context.
   *
   * @throws PromptTooLong when not even the running exchange alone fits
   */
  static Prompt fit(Parts parts) {
    int context = parts.model().contextTokens();
    int reserve = Math.clamp(parts.config().sampling().maxTokens(), 1, Math.max(1, context / 2));
    int budget = context - reserve;
    Running shortened = shortenedToFit(parts, budget);
    List<Message> running = shortened.messages();
    int fixed = shortened.tokens();

    // Memories may take their share from the conversation; what they leave is the conversation's.
    int memoryBudget =
        Math.min(
            parts.config().memoryTokens(), (int) ((budget - fixed) * parts.config().memoryShare()));
    List<RecalledMemory> memories = withinBudget(parts, memoryBudget);
    int memoryTokens =
        memories.isEmpty()
            ? 0
            : parts.count(join(parts.system(memories), List.of(), running)) - fixed;
    int oldest = parts.history().size();
    int left = budget - fixed - memoryTokens;
    while (oldest > 0) {
      left -= parts.history().get(oldest - 1).tokens(parts.model());
      if (left < 0) {
        break;
      }
      oldest--;
    }

    // The parts were counted apart; a template may add to their sum. Drop until the whole fits.
    while (true) {
      List<RecalledMemory> used = notInPrompt(memories, parts.history(), oldest);
      List<Message> messages = join(parts.system(used), kept(parts.history(), oldest), running);
      int tokens = parts.count(messages);
      if (tokens <= budget || (oldest == parts.history().size() && memories.isEmpty())) {
        return new Prompt(messages, used, oldest, tokens, context - tokens);
      }
      if (oldest < parts.history().size()) {
        oldest++;
      } else {
        memories = memories.subList(0, memories.size() - 1);
      }
    }
  }

  private static List<RecalledMemory> withinBudget(Parts parts, int budget) {
    List<RecalledMemory> taken = new ArrayList<>();
    // Without the rest of the system message: that is long, and here it is counted for each memory.
    int bare = parts.model().countTokens(List.of(Message.system("")), List.of());
    int spent = 0;
    for (RecalledMemory each : parts.recalled()) {
      String block = MemoryBlock.render(List.of(each.line(parts.config().zone())));
      int cost = parts.model().countTokens(List.of(Message.system(block)), List.of()) - bare;
      // One that does not fit is passed over: a shorter, less useful one may still do.
      if (spent + cost <= budget) {
        taken.add(each);
        spent += cost;
      }
    }
    return taken;
  }

  /** Memories of turns the prompt carries anyway would say the same thing twice. */
  private static List<RecalledMemory> notInPrompt(
      List<RecalledMemory> memories, List<Exchange> history, int oldest) {
    Set<String> present = new HashSet<>();
    for (Exchange each : history.subList(oldest, history.size())) {
      each.turns().forEach(turn -> present.add(turn.id()));
    }
    return memories.stream()
        .filter(each -> each.turnId() == null || !present.contains(each.turnId()))
        // Oldest first, so that the last word on a matter is the last line about it.
        .sorted(Comparator.comparing(RecalledMemory::at))
        .toList();
  }

  private static List<Message> kept(List<Exchange> history, int oldest) {
    List<Message> messages = new ArrayList<>();
    history.subList(oldest, history.size()).forEach(each -> messages.addAll(each.messages()));
    return messages;
  }

  /**
   * One after the other; questions that were never answered are joined to the next one, because
   * chat templates want user and assistant to alternate.
   */
  private static List<Message> join(Message system, List<Message> history, List<Message> running) {
    List<Message> messages = new ArrayList<>();
    messages.add(system);
    for (List<Message> part : List.of(history, running)) {
      for (Message each : part) {
        Message last = messages.getLast();
        if (each.role() == Role.USER && last.role() == Role.USER) {
          messages.set(messages.size() - 1, Message.user(last.content() + "\n" + each.content()));
        } else {
          messages.add(each);
        }
      }
    }
    return messages;
  }

  /** The running exchange, and what a prompt of it alone takes. */
  private record Running(List<Message> messages, int tokens) {}

  /** Halves the longest tool results, visibly, until the running exchange fits by itself. */
  private static Running shortenedToFit(Parts parts, int budget) {
    List<Message> running = new ArrayList<>(parts.running());
    while (true) {
      int tokens = parts.count(join(parts.system(List.of()), List.of(), running));
      if (tokens <= budget) {
        return new Running(running, tokens);
      }
      int longest = -1;
      for (int i = 0; i < running.size(); i++) {
        Message each = running.get(i);
        if (each.role() == Role.TOOL
            && each.content().length() > 120
            && (longest < 0 || each.content().length() > running.get(longest).content().length())) {
          longest = i;
        }
      }
      if (longest < 0) {
        throw new PromptTooLong(
            "the message needs "
                + tokens
                + " tokens with persona and tools, but the model takes "
                + budget
                + " beside its reply; shorten the message, offer fewer tools, or use a model with a"
                + " larger context");
      }
      Message tooLong = running.get(longest);
      String half = tooLong.content().substring(0, tooLong.content().length() / 2 - 20);
      running.set(
          longest,
          new Message(
              Role.TOOL, half + " […cut to fit the context]", List.of(), tooLong.toolCallId()));
    }
  }

  /** The running exchange alone is larger than the context. */
  static final class PromptTooLong extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PromptTooLong(String message) {
      super(message);
    }
  }
}
