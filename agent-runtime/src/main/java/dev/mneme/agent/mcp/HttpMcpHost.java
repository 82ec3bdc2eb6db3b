package dev.mneme.agent.mcp;

import static java.util.Objects.requireNonNull;

import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.server.transport.DefaultServerTransportSecurityValidator;
import io.modelcontextprotocol.server.transport.HttpServletStreamableServerTransportProvider;
import io.modelcontextprotocol.spec.McpStreamableServerTransportProvider;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.net.URI;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Function;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An MCP server over streamable HTTP, reachable from this machine only.
 *
 * <p>It binds the loopback interface, wants a bearer token on every request, and refuses foreign
 * {@code Host} and {@code Origin} headers, so that a web page cannot reach it by rebinding DNS.
 */
public final class HttpMcpHost implements AutoCloseable {
  static final int MAX_MESSAGE = 4 << 20;

  private static final Logger log = LoggerFactory.getLogger(HttpMcpHost.class);
  private static final String ENDPOINT = "/mcp";

  private final Server jetty;
  private final McpSyncServer server;
  private final URI url;

  private HttpMcpHost(Server jetty, McpSyncServer server, URI url) {
    this.jetty = jetty;
    this.server = server;
    this.url = url;
  }

  static HttpMcpHost start(
      int port,
      String token,
      Function<McpStreamableServerTransportProvider, McpSyncServer> serving) {
    requireNonNull(token, "token is null");
    if (token.length() < 16) {
      throw new IllegalArgumentException("a bearer token needs at least 16 characters");
    }
    return open(port, token, serving);
  }

  /** Without a token: only for a conformance suite that cannot send one. */
  static HttpMcpHost startOpen(
      int port, Function<McpStreamableServerTransportProvider, McpSyncServer> serving) {
    return open(port, "", serving);
  }

  private static HttpMcpHost open(
      int port,
      String token,
      Function<McpStreamableServerTransportProvider, McpSyncServer> serving) {
    var transport =
        HttpServletStreamableServerTransportProvider.builder()
            .jsonMapper(McpJson.mapper())
            .mcpEndpoint(ENDPOINT)
            .maxRequestSize(MAX_MESSAGE)
            .httpHeaderValidator(
                DefaultServerTransportSecurityValidator.builder()
                    .allowedHosts(List.of("127.0.0.1:*", "localhost:*", "[::1]:*"))
                    .allowedOrigins(
                        List.of("http://127.0.0.1:*", "http://localhost:*", "http://[::1]:*"))
                    .build())
            .build();
    McpSyncServer server = serving.apply(transport);
    var threads = new QueuedThreadPool(64, 2);
    threads.setName("mcp-http");
    threads.setDaemon(true);
    var jetty = new Server(threads);
    var connector = new ServerConnector(jetty, 1, 1);
    connector.setHost("127.0.0.1");
    connector.setPort(port);
    jetty.addConnector(connector);
    var context = new ServletContextHandler();
    context.setContextPath("/");
    var servlet = new ServletHolder(transport);
    servlet.setAsyncSupported(true);
    context.addServlet(servlet, ENDPOINT);
    if (!token.isEmpty()) {
      var filter = new FilterHolder(bearer(token));
      filter.setAsyncSupported(true);
      context.addFilter(filter, "/*", EnumSet.of(DispatcherType.REQUEST));
    }
    jetty.setHandler(context);
    try {
      jetty.start();
    } catch (Exception e) {
      server.close();
      throw new McpFailure(
          "cannot listen on 127.0.0.1:" + port + ": " + e.getMessage() + "; choose another port",
          e);
    }
    URI url = URI.create("http://127.0.0.1:" + connector.getLocalPort() + ENDPOINT);
    return new HttpMcpHost(jetty, server, url);
  }

  private static Filter bearer(String token) {
    String expected = "Bearer " + token;
    return (request, response, chain) -> {
      String given = ((HttpServletRequest) request).getHeader("Authorization");
      if (given != null && MemoryServer.same(given, expected)) {
        chain.doFilter(request, response);
      } else {
        var refused = (HttpServletResponse) response;
        refused.setHeader("WWW-Authenticate", "Bearer");
        refused.sendError(HttpServletResponse.SC_UNAUTHORIZED, "a bearer token is needed");
      }
    };
  }

  /** Where clients reach it. */
  public URI url() {
    return url;
  }

  /** Waits until it is closed. */
  public void join() throws InterruptedException {
    jetty.join();
  }

  @Override
  public void close() {
    server.close();
    try {
      jetty.stop();
    } catch (Exception e) {
      log.debug("the HTTP server did not stop cleanly", e);
    }
  }
}
